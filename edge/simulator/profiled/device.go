// Package profiled is simulated devices for lines that are read by a serial profile: a rating keypad in lines of text
// (keypad-line), a ticket dispenser on a binary frame (dispenser-frame), one in lines of text (dispenser-line) and a caller in lines of text
// (line-caller). They speak through a [Wire]: a simulated serial line, or TCP in either direction. The bytes are made here, not by
// the profiles that read them.
package profiled

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Times and limits of a device.
const (
	DefaultBeat   = 10 * time.Second
	DefaultResend = time.Second
	memory        = 1000 // what is remembered until it is answered
	perRound      = 32   // what is repeated in one round
)

// Errors of what a device was told to do.
var (
	ErrMuted = errors.New("profiled: off")
	ErrFull  = errors.New("profiled: memory is full")
)

// Wire carries what devices say. line.Line of edge/simulator/line is one, and so are [Server] and [Caller].
type Wire interface {
	Write(p []byte) (int, error)
	// Heard gives what the gateway writes; it is closed when the wire is.
	Heard() <-chan []byte
}

// Options of a device.
type Options struct {
	Wire   Wire
	Beat   time.Duration // between two signs of life; 0: DefaultBeat
	Resend time.Duration // until something is said again that was not answered; 0: DefaultResend
}

// Faults are what a device may do wrong.
type Faults struct {
	Twice   bool // everything is said twice at once, as a bouncing contact or a repeater does
	Noise   bool // bytes between the frames, as a worn cable gives
	Split   bool // a byte at a time
	Damaged int  // so many next frames have a wrong byte
	Cut     int  // so many next frames end in the middle
	Deaf    bool // answers are not heard
}

// device is what all of them have.
type device struct {
	o     Options
	heard <-chan []byte

	mu      sync.Mutex
	seq     uint32
	waiting []said
	changed chan struct{} // closed when something was answered
	muted   bool
	faults  Faults
}

// said is what a device has not been answered.
type said struct {
	seq   uint32
	frame []byte
}

func newDevice(o Options) device {
	if o.Beat <= 0 {
		o.Beat = DefaultBeat
	}
	if o.Resend <= 0 {
		o.Resend = DefaultResend
	}
	return device{o: o, heard: o.Wire.Heard(), changed: make(chan struct{})}
}

// Mute takes the device's power or gives it back; what waits for an answer is not forgotten.
func (d *device) Mute(on bool) { d.mu.Lock(); defer d.mu.Unlock(); d.muted = on }

// SetFaults changes what the device does wrong.
func (d *device) SetFaults(f Faults) { d.mu.Lock(); defer d.mu.Unlock(); d.faults = f }

// Restart forgets the counter and what waits, as a device does that loses its battery.
func (d *device) Restart() { d.mu.Lock(); defer d.mu.Unlock(); d.seq, d.waiting = 0, nil }

// Unanswered gives how much waits for an answer.
func (d *device) Unanswered() int { d.mu.Lock(); defer d.mu.Unlock(); return len(d.waiting) }

// Drained waits until everything is answered.
func (d *device) Drained(ctx context.Context) error {
	for {
		d.mu.Lock()
		n, changed := len(d.waiting), d.changed
		d.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("profiled: %d are not answered: %w", n, ctx.Err())
		}
	}
}

// remember says something and repeats it until its counter is answered. d.mu is held.
func (d *device) remember(frame func(seq uint32) []byte) (seq uint32, err error) {
	switch {
	case d.muted:
		return 0, ErrMuted
	case len(d.waiting) >= memory:
		return 0, ErrFull
	}
	d.seq++
	s := said{seq: d.seq, frame: frame(d.seq)}
	d.waiting = append(d.waiting, s)
	_ = d.send(s.frame) // it is repeated
	return d.seq, nil
}

// send puts a frame on the wire, with the device's faults. d.mu is held.
func (d *device) send(frame []byte) error {
	f := append([]byte(nil), frame...)
	if d.faults.Damaged > 0 {
		d.faults.Damaged--
		f[len(f)/2] ^= 0x80
	}
	if d.faults.Cut > 0 {
		d.faults.Cut--
		f = f[:len(f)/2]
	}
	if d.faults.Twice {
		f = append(f, f...)
	}
	if d.faults.Noise { // no byte of it begins or ends a frame
		f = append([]byte{0x00, 0xFF, 0x07, 0x0A}, f...)
	}
	if !d.faults.Split {
		_, err := d.o.Wire.Write(f)
		return err
	}
	for i := range f {
		if _, err := d.o.Wire.Write(f[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// run beats, repeats and hears until ctx ends or the wire is closed.
func (d *device) run(ctx context.Context, beat []byte, hear func(chunk []byte)) {
	beats := time.NewTicker(d.o.Beat)
	defer beats.Stop()
	again := time.NewTicker(d.o.Resend)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beats.C:
			d.say(beat)
		case <-again.C:
			d.repeat()
		case chunk, ok := <-d.heard:
			if !ok {
				return
			}
			hear(chunk)
		}
	}
}

func (d *device) say(frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.muted {
		_ = d.send(frame) // an unplugged device speaks, too
	}
}

func (d *device) repeat() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.muted {
		return
	}
	for _, s := range d.waiting[:min(len(d.waiting), perRound)] {
		_ = d.send(s.frame)
	}
}

// answered forgets what has the counter.
func (d *device) answered(seq uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.muted || d.faults.Deaf {
		return
	}
	for i, s := range d.waiting {
		if s.seq == seq {
			d.waiting = append(d.waiting[:i], d.waiting[i+1:]...)
			close(d.changed)
			d.changed = make(chan struct{})
			return
		}
	}
}
