package digits

import (
	"errors"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
)

// Commands of the TM1637 (data sheet chapter 6).
const (
	tmWrite   = 0x40 // data, address counts up
	tmAddress = 0xC0
	tmControl = 0x88 // display on, with the brightness in the low three bits
	tmDigits  = 6
)

// halfClock is half a clock; the chip takes 250 kHz. It is waited for awake, a millisecond or two for a whole display: asleep a
// loaded machine takes a thousand times as long for each.
const (
	halfClock = 5 * time.Microsecond
	spinMost  = 10_000 // looks at the clock, should it stand still
)

// Errors of the two lines.
var (
	errNoAnswer = errors.New("the display does not acknowledge: is it plugged in and powered?")
	errHeld     = errors.New("is held low: short circuit, or lines swapped with others?")
)

// TM1637Options name the two lines. They are driven as open drain; pull-ups on the board must go to 3.3 V.
type TM1637Options struct {
	Options
	Pins  driver.Pins
	Clock string
	Data  string
}

// NewTM1637 prepares the driver of a display of up to six digits; it opens nothing. Usual columns are 0 to 3; boards with six
// digits are often wired 2, 1, 0, 5, 4, 3.
func NewTM1637(o TM1637Options) *Driver {
	return newDriver("TM1637", o.Options, tmOpener{o}, true, tmDigits, 0, 1, 2, 3)
}

type tmOpener struct{ o TM1637Options }

func (t tmOpener) open() (panel, error) {
	p := &tm1637{}
	for _, l := range []struct {
		name string
		pin  *gpio.PinIO
	}{{t.o.Clock, &p.clock}, {t.o.Data, &p.data}} {
		pin, err := t.o.Pins.Out(l.name)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		*l.pin = pin
	}
	return p, nil
}

// tm1637 is a display on two open lines. An error of a line is kept until the end of the frame: the frame is of no use then.
type tm1637 struct {
	clock, data gpio.PinIO
	err         error
}

func (p *tm1637) close() error {
	var errs []error
	for _, pin := range []gpio.PinIO{p.clock, p.data} {
		if pin != nil {
			errs = append(errs, pin.Halt())
		}
	}
	return errors.Join(errs...)
}

// show writes three frames; the chip acknowledges every byte.
func (p *tm1637) show(digits []Segments, brightness int) (bool, error) {
	p.err = nil
	p.idle()
	p.frame(tmWrite)
	p.frame(append([]byte{tmAddress}, digits...)...)
	p.frame(tmControl | byte(min(max(brightness, 0), 7)))
	return p.err == nil, p.err
}

// idle lets both lines go and looks whether they rise.
func (p *tm1637) idle() {
	p.set(p.data, true)
	p.set(p.clock, true)
	for _, pin := range []gpio.PinIO{p.clock, p.data} {
		if p.err == nil && !p.high(pin) && p.err == nil {
			p.err = fmt.Errorf("line %s %w", pin.Name(), errHeld)
		}
	}
}

// frame writes bytes between start and stop. After a byte without an answer the rest is left out; the stop is not.
func (p *tm1637) frame(list ...byte) {
	if p.err != nil {
		return
	}
	p.set(p.data, false) // start: data falls while the clock is high
	p.set(p.clock, false)
	for _, b := range list {
		if !p.write(b) {
			break
		}
	}
	failed := p.err
	p.err = nil
	p.set(p.data, false) // stop: data rises while the clock is high
	p.set(p.clock, true)
	p.set(p.data, true)
	p.err = errors.Join(failed, p.err)
}

// write sends a byte, lowest bit first, and says whether the chip pulled data low at the ninth clock.
func (p *tm1637) write(b byte) bool {
	for range 8 {
		p.set(p.data, b&1 != 0)
		p.set(p.clock, true)
		p.set(p.clock, false)
		b >>= 1
	}
	p.set(p.data, true)
	p.set(p.clock, true)
	silent := p.high(p.data)
	p.set(p.clock, false)
	if p.err == nil && silent {
		p.err = errNoAnswer
	}
	return p.err == nil
}

// set pulls a line low or lets it go, and waits for half a clock.
func (p *tm1637) set(pin gpio.PinIO, high bool) {
	if p.err != nil {
		return
	}
	if high {
		p.err = pin.In(gpio.PullUp, gpio.NoEdge)
	} else {
		p.err = pin.Out(gpio.Low)
	}
	begin := time.Now()
	for n := 0; n < spinMost && time.Since(begin) < halfClock; n++ {
	}
}

// faulty is what a line may implement that knows whether it can be read.
type faulty interface{ Err() error }

// high reads a line.
func (p *tm1637) high(pin gpio.PinIO) bool {
	level := pin.Read()
	if f, ok := pin.(faulty); ok && p.err == nil {
		p.err = f.Err()
	}
	return bool(level)
}
