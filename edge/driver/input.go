package driver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"
)

// Values of a key's change, as the kernel counts them (input.h, EV_KEY).
const (
	KeyUp     int32 = 0
	KeyDown   int32 = 1
	KeyRepeat int32 = 2 // it is still held
)

// KeyEvent is one change of one key.
type KeyEvent struct {
	Code  uint16        // KEY_… of input-event-codes.h; it names the key, not the character
	Value int32         // KeyUp, KeyDown or KeyRepeat
	At    time.Duration // of the system's monotonic clock, taken by the kernel; 0 where events were lost
	Raw   []byte        // what was read
}

// ErrKeysLost says that the kernel's buffer was full: changes are missing before the next ones, which tell what is held now.
var ErrKeysLost = errors.New("changes of keys were lost")

// Input is an open input device that nobody else hears. A key that was held when it was opened is no press.
type Input interface {
	// Next waits for the next change until ctx ends. It may give ErrKeysLost once and then goes on; any other error is the
	// end of the device.
	Next(ctx context.Context) (KeyEvent, error)
	io.Closer
}

// InputOpener takes an input device until Close.
type InputOpener interface {
	OpenInput() (Input, error)
}

// Types and codes of input events that mean something here (input-event-codes.h).
const (
	evSyn      = 0
	evKey      = 1
	synReport  = 0
	synDropped = 3
)

// Sizes of struct input_event: its time is two words of the program.
const (
	InputEventSize32 = 16
	InputEventSize64 = 24
	// InputEventSize is that of this program.
	InputEventSize = 8 + bits.UintSize/4
)

// InputEvent is a struct input_event of the kernel.
type InputEvent struct {
	At    time.Duration
	Type  uint16
	Code  uint16
	Value int32
}

var errEvent = errors.New("driver: not an input event")

// DecodeInputEvent reads one event of InputEventSize32 or InputEventSize64 bytes in the machine's byte order.
func DecodeInputEvent(p []byte) (InputEvent, error) {
	var sec, usec int64
	e := binary.NativeEndian
	switch len(p) {
	case InputEventSize64:
		sec, usec = int64(e.Uint64(p)), int64(e.Uint64(p[8:]))
	case InputEventSize32:
		sec, usec = int64(e.Uint32(p)), int64(e.Uint32(p[4:]))
	default:
		return InputEvent{}, fmt.Errorf("%w: %d bytes", errEvent, len(p))
	}
	const most = int64(1<<63-1)/int64(time.Second) - 1
	if sec < 0 || sec > most || usec < 0 || usec >= 1e6 {
		return InputEvent{}, fmt.Errorf("%w: at %d s %d µs", errEvent, sec, usec)
	}
	tail := p[len(p)-8:]
	return InputEvent{
		At:   time.Duration(sec)*time.Second + time.Duration(usec)*time.Microsecond,
		Type: e.Uint16(tail), Code: e.Uint16(tail[2:]), Value: int32(e.Uint32(tail[4:])),
	}, nil
}
