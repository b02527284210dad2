// Package keypad is a simulated rating keypad (评价器) with its window's PC on the same wire. A press is remembered and
// repeated until the gateway has answered it, through outages of any length. Its frames are our own definition:
//
//	AA 55 LEN ADDR CMD DATA XOR    LEN counts ADDR to DATA, XOR is over LEN to DATA
//
// 01 invite (number in ASCII), 02 rated (level, counter in two bytes), 03 heartbeat; 82 answers the counter.
package keypad

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hallpulse/edge/simulator/line"
)

// Defaults and limits of a keypad.
const (
	DefaultHeartbeat = 5 * time.Second
	DefaultResend    = time.Second
	memory           = 1000 // presses remembered
	perRound         = 32   // presses repeated in one round: an outage must not end in a flood
)

// Errors of a press.
var (
	ErrMuted = errors.New("keypad: off")
	ErrFull  = errors.New("keypad: memory is full")
)

// Options of a keypad.
type Options struct {
	Line      *line.Line
	Address   int           // 1 to 255
	Heartbeat time.Duration // 0: DefaultHeartbeat
	Resend    time.Duration // 0: DefaultResend
}

// Faults are what a keypad may do wrong.
type Faults struct {
	Bounce  bool // every frame is sent twice
	Noise   bool // bytes between the frames, as a worn cable gives
	Damaged int  // so many next frames have a wrong byte
}

type press struct {
	level byte
	seq   uint16
}

// Keypad is a keypad. It is safe for concurrent use.
type Keypad struct {
	o     Options
	heard <-chan []byte

	mu      sync.Mutex
	seq     uint16
	unacked []press
	changed chan struct{} // closed when a press was answered
	muted   bool
	faults  Faults
}

// New gives a keypad; it hears answers once Run runs.
func New(o Options) *Keypad {
	if o.Heartbeat <= 0 {
		o.Heartbeat = DefaultHeartbeat
	}
	if o.Resend <= 0 {
		o.Resend = DefaultResend
	}
	return &Keypad{o: o, heard: o.Line.Heard(), changed: make(chan struct{})}
}

// Press presses the key of level (1 to 5; others are sent as they are) and gives the press's counter. The press is
// remembered even when the wire is unplugged; an error means that the key did nothing.
func (k *Keypad) Press(level int) (seq uint32, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.muted:
		return 0, ErrMuted
	case len(k.unacked) >= memory:
		return 0, ErrFull
	}
	k.seq++
	p := press{byte(level), k.seq}
	k.unacked = append(k.unacked, p)
	_ = k.sendPress(p) // it is repeated
	return uint32(p.seq), nil
}

// Invite is the clerk's PC telling the keypad to ask for a rating of number. An error means that it did not.
func (k *Keypad) Invite(number string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	data := []byte(number)
	for len(data) < inviteSize {
		data = append(data, 0)
	}
	return k.send(cmdInvite, data...)
}

// Unacked gives how many presses are not answered.
func (k *Keypad) Unacked() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.unacked)
}

// Drained waits until every press is answered.
func (k *Keypad) Drained(ctx context.Context) error {
	for {
		k.mu.Lock()
		n, changed := len(k.unacked), k.changed
		k.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("keypad: %d presses are not answered: %w", n, ctx.Err())
		}
	}
}

// Mute takes the keypad's power or gives it back: no heartbeat, no press; what was pressed before is not forgotten.
func (k *Keypad) Mute(on bool) { k.mu.Lock(); defer k.mu.Unlock(); k.muted = on }

// SetFaults changes what the keypad does wrong.
func (k *Keypad) SetFaults(f Faults) { k.mu.Lock(); defer k.mu.Unlock(); k.faults = f }
