// Package input is a simulated USB keypad of the kind that types, as the kernel gives it: a stream of struct input_event.
package input

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

// Errors of a device.
var (
	ErrAway  = errors.New("input: no such device")
	ErrInUse = errors.New("input: in use")
)

// Keypad is the device. It is safe for concurrent use.
type Keypad struct {
	mu      sync.Mutex
	out     bool
	forbid  error
	numLock bool // presses NumLock around every key
	down    driver.KeySet
	open    *device
	begun   time.Time
}

// New gives a keypad that is plugged in.
func New() *Keypad { return &Keypad{begun: time.Now()} }

// Unplug pulls the plug, or puts it in. Keys come up.
func (k *Keypad) Unplug(out bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.out = out; out {
		k.down = driver.KeySet{}
		if k.open != nil {
			k.open.end()
			k.open = nil
		}
	}
}

// Forbid makes opening fail with err; nil ends it.
func (k *Keypad) Forbid(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forbid = err
}

// NumLock makes the keypad press NumLock around every key, as some do.
func (k *Keypad) NumLock(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.numLock = on
}

// Press presses a key and lets it go, with repeats in between as a key that is held gives.
func (k *Keypad) Press(code uint16, repeats int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.numLock {
		k.key(69, 1)
		k.key(69, 0)
	}
	k.key(code, 1)
	for range repeats {
		k.key(code, 2)
	}
	k.key(code, 0)
	if k.numLock {
		k.key(69, 1)
		k.key(69, 0)
	}
}

// Hold presses a key and keeps it.
func (k *Keypad) Hold(code uint16) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key(code, 1)
}

// Drop loses a press: the kernel's buffer was full while the key went down, and it is still held.
func (k *Keypad) Drop(code uint16) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.event(0, 3, 0) // SYN_DROPPED
	k.down.Set(code, true)
	k.event(0, 0, 0)
}

// Say gives bytes as they are.
func (k *Keypad) Say(p []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open != nil {
		k.open.put(p)
	}
}

// key makes the events of a change: MSC_SCAN, the key, SYN_REPORT. The caller holds the lock.
func (k *Keypad) key(code uint16, value int32) {
	if k.out {
		return
	}
	k.down.Set(code, value != 0)
	k.event(4, 4, int32(code)|0x70000)
	k.event(1, code, value)
	k.event(0, 0, 0)
}

func (k *Keypad) event(kind, code uint16, value int32) {
	if k.open == nil {
		return
	}
	at := time.Since(k.begun)
	e := binary.NativeEndian
	b := e.AppendUint64(nil, uint64(at/time.Second))
	b = e.AppendUint64(b, uint64(at%time.Second/time.Microsecond))
	b = e.AppendUint16(b, kind)
	b = e.AppendUint16(b, code)
	k.open.put(e.AppendUint32(b, uint32(value)))
}

// OpenInput takes the device.
func (k *Keypad) OpenInput() (driver.Input, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.forbid != nil:
		return nil, k.forbid
	case k.out:
		return nil, ErrAway
	case k.open != nil:
		return nil, ErrInUse
	}
	d := &device{k: k, held: k.down, data: make(chan []byte, 4096), gone: make(chan struct{})}
	var err error
	if d.keys, err = driver.NewKeyDecoder(driver.InputEventSize64, func() (driver.KeySet, error) { return d.held, nil }); err != nil {
		return nil, err
	}
	k.open = d
	return d, nil
}

// device is the keypad as somebody has it.
type device struct {
	k    *Keypad
	keys *driver.KeyDecoder
	held driver.KeySet // as it was when the bytes being read were made
	data chan []byte
	gone chan struct{}
	once sync.Once
}

func (d *device) end() { d.once.Do(func() { close(d.gone) }) }

func (d *device) put(p []byte) {
	select {
	case d.data <- p:
	default: // a buffer of the kernel is not endless either
	}
}

// Next gives the next change.
func (d *device) Next(ctx context.Context) (driver.KeyEvent, error) {
	for {
		if e, err, ok := d.keys.Take(); ok {
			return e, err
		}
		select {
		case p := <-d.data:
			d.k.mu.Lock()
			d.held = d.k.down
			d.k.mu.Unlock()
			if err := d.keys.Feed(p); err != nil {
				return driver.KeyEvent{}, err
			}
		case <-d.gone:
			return driver.KeyEvent{}, ErrAway
		case <-ctx.Done():
			return driver.KeyEvent{}, ctx.Err()
		}
	}
}

// Close gives the device back.
func (d *device) Close() error {
	d.k.mu.Lock()
	defer d.k.mu.Unlock()
	d.end()
	if d.k.open == d {
		d.k.open = nil
	}
	return nil
}
