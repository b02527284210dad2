// Package modbus is a simulated RS-485 bus of number displays that speak Modbus RTU (LED-485 family): text in 6 registers from
// 0x0070, an integer at another. A queue system is its master, or the gateway: then the queue system tells the displays their
// numbers on another way.
package modbus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hallpulse/edge/simulator/line"
	codec "hallpulse/firmware-bridge/modbus"
	"hallpulse/hall"
)

// Registers of the displays.
const (
	TextRegister  = 0x0070 // TextCount registers, two characters each
	TextCount     = 6
	ValueRegister = 0x0088 // of the original; the usual clone has 0x0000
)

// DefaultRefresh is how often the queue system repeats what is shown.
const DefaultRefresh = 10 * time.Second

// ErrMuted says that the queue system is off.
var ErrMuted = errors.New("modbus: the queue system is off")

// Options of a bus.
type Options struct {
	Line      *line.Line
	Addresses map[hall.WindowID]int // 1 to 247
	Gateway   bool                  // the gateway is the master, and the displays answer it
	Integer   bool                  // numbers are written as integers by function 6, not as text by function 16
	Value     uint16                // register of the integer; 0 is the clone's
	Refresh   time.Duration         // 0: DefaultRefresh
}

// Bus is the bus, its displays and the queue system. It is safe for concurrent use.
type Bus struct {
	o       Options
	windows []hall.WindowID
	heard   <-chan []byte

	mu       sync.Mutex
	displays map[byte]*display
	shown    map[hall.WindowID]string
	muted    bool
	echo     bool
}

// New gives a bus whose displays are blank; it is silent before Run or Call.
func New(o Options) *Bus {
	if o.Refresh <= 0 {
		o.Refresh = DefaultRefresh
	}
	b := &Bus{o: o, windows: slices.Sorted(maps.Keys(o.Addresses)), displays: map[byte]*display{}, shown: map[hall.WindowID]string{}}
	for _, w := range b.windows {
		a := byte(o.Addresses[w])
		b.displays[a] = &display{address: a, value: o.Value}
	}
	if o.Gateway {
		b.heard = o.Line.Heard()
	}
	return b
}

// Call shows number at the window w and returns when the last byte is on the wire. An error means that the queue system has not
// called it; a display that does not take it is no error, it is told again. An empty number darkens the display.
func (b *Bus) Call(w hall.WindowID, number string) error {
	if _, ok := b.o.Addresses[w]; !ok {
		return fmt.Errorf("modbus: no display at window %q", w)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.muted {
		return ErrMuted
	}
	if err := b.send(w, number); err != nil {
		return err
	}
	b.shown[w] = number
	return nil
}

// Mute turns the queue system off or on.
func (b *Bus) Mute(on bool) { b.mu.Lock(); defer b.mu.Unlock(); b.muted = on }

// Shown gives what the display of a window shows by itself, after a restart or a call.
func (b *Bus) Shown(w hall.WindowID) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.displays[byte(b.o.Addresses[w])]; d != nil {
		return d.text()
	}
	return ""
}

// Run repeats what is shown, or answers the gateway, until ctx ends or the line is closed. A wire that is unplugged is no error.
func (b *Bus) Run(ctx context.Context) {
	refresh := time.NewTicker(b.o.Refresh)
	defer refresh.Stop()
	requests := codec.NewSlaveDecoder()
	b.refresh()
	for {
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
			requests.Flush(nil, nil)
			b.refresh()
		case chunk, ok := <-b.heard:
			if !ok {
				return
			}
			b.answer(requests, chunk)
		}
	}
}

// refresh holds the lock for the whole round: a repeated number must not overtake a new one.
func (b *Bus) refresh() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.windows {
		if number, called := b.shown[w]; !b.muted && (called || !b.o.Gateway) {
			_ = b.send(w, number) // an unplugged wire is repeated into, too
		}
	}
}

// send tells a display its number: on the wire where the queue system is the master.
func (b *Bus) send(w hall.WindowID, number string) error {
	q, err := b.request(byte(b.o.Addresses[w]), number)
	if err != nil {
		return err
	}
	d := b.displays[q.Address]
	if b.o.Gateway {
		if !d.silent {
			return d.WriteRegisters(q.Start, codec.Registers(q.Data))
		}
		return nil
	}
	frame, err := q.Encode()
	if err != nil {
		return err
	}
	if err := b.write(frame); err != nil {
		return err
	}
	return b.reply(d, q)
}

// answer lets the displays answer what the gateway says.
func (b *Bus) answer(requests *codec.Decoder, chunk []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.echo {
		_ = b.write(chunk)
	}
	requests.Feed(chunk, func(m codec.Message) {
		for a, d := range b.displays {
			if a == m.Request.Address || m.Request.Address == codec.Broadcast {
				_ = b.reply(d, m.Request) // the gateway has no use for it
			}
		}
	}, nil)
}

// reply puts a display's answer on the wire.
func (b *Bus) reply(d *display, q codec.Request) error {
	frame, err := d.serve(q)
	if err != nil || len(frame) == 0 {
		return err
	}
	return b.write(frame)
}

func (b *Bus) write(p []byte) error {
	if _, err := b.o.Line.Write(p); err != nil {
		return fmt.Errorf("modbus: %w", err)
	}
	return nil
}
