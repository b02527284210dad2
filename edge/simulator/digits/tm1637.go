package digits

import (
	"fmt"
	"io/fs"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"hallpulse/edge/driver"
)

var (
	_ driver.Pins = (*TM1637)(nil)
	_ gpio.PinIO  = (*tmPin)(nil)
)

// TM1637 is a display on two lines; it is the driver.Pins on which they are named. It is safe for concurrent use.
type TM1637 struct {
	screen
	columns []int
	lines   [2]tmLine // clock, data

	framed bool // between start and stop
	bits   int  // of the byte on its way
	shift  byte
	ack    bool // the chip pulls data low
	bytes  int  // of the frame
	fixed  bool // the address does not count
	addr   int
	ram    [6]byte
	on     bool
}

// tmLine is one line: low while anybody pulls.
type tmLine struct {
	name  string
	taken bool
	low   bool // pulled by the gateway
}

// NewTM1637 gives a display. Columns are the chip's digits from left to right; nil: 0 to 3.
func NewTM1637(clock, data string, columns []int) *TM1637 {
	if columns == nil {
		columns = []int{0, 1, 2, 3}
	}
	d := &TM1637{columns: columns, lines: [2]tmLine{{name: clock}, {name: data}}}
	d.look()
	return d
}

// Reset takes the display's power for a moment: it is dark until it is written again.
func (d *TM1637) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ram, d.on, d.framed, d.ack = [6]byte{}, false, false, false
	d.look()
}

// look reads the digits; the caller holds the lock.
func (d *TM1637) look() {
	lit := d.ram
	if !d.on {
		lit = [6]byte{}
	}
	d.show(readAll(lit[:], d.columns))
}

// Pin refuses: both lines are driven.
func (d *TM1637) Pin(name string) (gpio.PinIn, error) { return d.Out(name) }

// Out takes one of the two lines.
func (d *TM1637) Out(name string) (gpio.PinIO, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.lines {
		l := &d.lines[i]
		switch {
		case l.name != name:
			continue
		case d.faults.Forbid != nil:
			return nil, fmt.Errorf("digits: line %s: %w", name, d.faults.Forbid)
		case l.taken:
			return nil, fmt.Errorf("digits: line %s has an owner", name)
		}
		l.taken = true
		return &tmPin{d, i}, nil
	}
	return nil, fmt.Errorf("digits: no line %q: %w", name, fs.ErrNotExist)
}

// high gives the level of a line; the caller holds the lock.
func (d *TM1637) high(line int) bool {
	if line == 1 && (d.ack && !d.faults.Away && !d.faults.Mute || d.faults.Short) {
		return false
	}
	return !d.lines[line].low
}

// pull changes what the gateway does with a line, and lets the chip see it.
func (d *TM1637) pull(line int, low bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clock, data := d.high(0), d.high(1)
	d.lines[line].low = low
	if d.faults.Away {
		d.framed, d.ack = false, false
		return
	}
	switch nowClock, nowData := d.high(0), d.high(1); {
	case clock && nowClock && data && !nowData:
		d.framed, d.bits, d.shift, d.bytes, d.ack = true, 0, 0, 0, false
	case clock && nowClock && !data && nowData:
		d.framed = false
	case d.framed && !clock && nowClock && d.bits < 8:
		d.shift >>= 1
		if nowData {
			d.shift |= 0x80
		}
		d.bits++
	case d.framed && !clock && nowClock:
		d.bits++ // the ninth clock
	case d.framed && clock && !nowClock && d.bits == 8:
		d.ack = true
		d.take(d.shift)
	case d.framed && clock && !nowClock && d.bits > 8:
		d.ack, d.bits = false, 0
	}
}

// take obeys a byte; the caller holds the lock.
func (d *TM1637) take(b byte) {
	first := d.bytes == 0
	d.bytes++
	switch {
	case first && b&0xC0 == 0x40:
		d.fixed = b&0x04 != 0
	case first && b&0xC0 == 0xC0:
		d.addr = int(b & 0x0F)
	case first && b&0xC0 == 0x80:
		d.on = b&0x08 != 0
	case !first:
		if d.addr < len(d.ram) {
			d.ram[d.addr] = b
		}
		if !d.fixed {
			d.addr++
		}
	}
	d.look()
}

// tmPin is one of the lines.
type tmPin struct {
	chip *TM1637
	line int
}

func (p *tmPin) In(gpio.Pull, gpio.Edge) error { p.chip.pull(p.line, false); return nil }
func (p *tmPin) Out(l gpio.Level) error        { p.chip.pull(p.line, l == gpio.Low); return nil }

func (p *tmPin) Read() gpio.Level {
	p.chip.mu.Lock()
	defer p.chip.mu.Unlock()
	return gpio.Level(p.chip.high(p.line))
}

func (p *tmPin) Halt() error {
	p.chip.pull(p.line, false)
	p.chip.mu.Lock()
	defer p.chip.mu.Unlock()
	p.chip.lines[p.line].taken = false
	return nil
}

func (p *tmPin) Name() string                          { return p.chip.lines[p.line].name }
func (p *tmPin) String() string                        { return p.Name() }
func (p *tmPin) Number() int                           { return -1 }
func (p *tmPin) Function() string                      { return "GPIO" }
func (p *tmPin) Pull() gpio.Pull                       { return gpio.PullUp }
func (p *tmPin) DefaultPull() gpio.Pull                { return gpio.PullUp }
func (p *tmPin) WaitForEdge(time.Duration) bool        { return false }
func (p *tmPin) PWM(gpio.Duty, physic.Frequency) error { return ErrAway }
