package driver

import (
	"bytes"
	"fmt"
)

// maxKey is the largest code of a key, KEY_MAX of input-event-codes.h.
const maxKey = 0x2FF

// KeySet is which keys are down, a bit each, as EVIOCGKEY gives it.
type KeySet [(maxKey + 1) / 8]byte

// Has says whether a key is down.
func (s *KeySet) Has(code uint16) bool { return code <= maxKey && s[code/8]>>(code%8)&1 != 0 }

// Set notes whether a key is down.
func (s *KeySet) Set(code uint16, down bool) {
	switch {
	case code > maxKey:
	case down:
		s[code/8] |= 1 << (code % 8)
	default:
		s[code/8] &^= 1 << (code % 8)
	}
}

// KeyDecoder makes changes of keys of the bytes that an input device gives. After SYN_DROPPED it throws away what is left of
// the broken packet and asks what is held now: a key that was pressed meanwhile and is held is a press, told late.
type KeyDecoder struct {
	size    int
	held    func() (KeySet, error)
	down    KeySet
	rest    []byte // less than one event
	dropped bool
	queue   []keyItem
}

// keyItem is a change, or that some were lost.
type keyItem struct {
	event KeyEvent
	lost  bool
}

// NewKeyDecoder asks which keys are held at the start. size is that of an event.
func NewKeyDecoder(size int, held func() (KeySet, error)) (*KeyDecoder, error) {
	if size != InputEventSize32 && size != InputEventSize64 {
		return nil, fmt.Errorf("%w: %d bytes", errEvent, size)
	}
	down, err := held()
	if err != nil {
		return nil, fmt.Errorf("driver: held keys: %w", err)
	}
	return &KeyDecoder{size: size, held: held, down: down}, nil
}

// Feed takes what was read. What it means is given by Take; a caller takes all of it before it feeds more. An error says that
// the bytes are no input events, or that held keys cannot be asked for; what was read is thrown away then.
func (d *KeyDecoder) Feed(chunk []byte) error {
	all := append(d.rest, chunk...)
	d.rest = nil
	for ; len(all) >= d.size; all = all[d.size:] {
		e, err := DecodeInputEvent(all[:d.size])
		if err != nil {
			return err
		}
		if err := d.event(e, all[:d.size]); err != nil {
			return err
		}
	}
	d.rest = bytes.Clone(all)
	return nil
}

// Take gives the next change; ok is false when all that was fed is taken.
func (d *KeyDecoder) Take() (e KeyEvent, err error, ok bool) {
	if len(d.queue) == 0 {
		return e, nil, false
	}
	first := d.queue[0]
	d.queue = d.queue[1:]
	if first.lost {
		return e, ErrKeysLost, true
	}
	return first.event, nil, true
}

func (d *KeyDecoder) event(e InputEvent, raw []byte) error {
	switch {
	case e.Type == evSyn && e.Code == synDropped:
		d.dropped = true
	case e.Type == evSyn && e.Code == synReport && d.dropped:
		d.dropped = false
		return d.resync()
	case d.dropped || e.Type != evKey || e.Code > maxKey:
	case e.Value == KeyRepeat || (e.Value == KeyDown || e.Value == KeyUp) && d.down.Has(e.Code) != (e.Value == KeyDown):
		d.down.Set(e.Code, e.Value != KeyUp)
		d.queue = append(d.queue, keyItem{event: KeyEvent{Code: e.Code, Value: e.Value, At: e.At, Raw: bytes.Clone(raw)}})
	}
	return nil
}

// resync compares what was known with what is held now.
func (d *KeyDecoder) resync() error {
	now, err := d.held()
	if err != nil {
		return fmt.Errorf("driver: held keys: %w", err)
	}
	d.queue = append(d.queue, keyItem{lost: true})
	for code := range uint16(maxKey + 1) {
		is := now.Has(code)
		if is == d.down.Has(code) {
			continue
		}
		e := KeyEvent{Code: code, Value: KeyUp, Raw: fmt.Appendf(nil, "after lost events: key %d down %t", code, is)}
		if is {
			e.Value = KeyDown
		}
		d.queue = append(d.queue, keyItem{event: e})
	}
	d.down = now
	return nil
}
