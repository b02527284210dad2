package card

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"periph.io/x/conn/v3/spi"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/lines"
	"hallpulse/edge/simulator/rfid"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Vectors of the protocol: facility 123, number 4567; and 0x12345678.
const (
	bits26 = "10111101100010001110101110"
	bits34 = "1000100100011010001010110011110001"
)

func options() Options {
	return Options{Reader: "door", Cards: map[string]hall.StaffNo{"8065495": "1007", "04A1B2C3": "1008"}, // 123<<16 + 4567
		Now: func() time.Time { return time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC) }}
}

func value(s string) (v uint64, n int) {
	for _, c := range s {
		v = v<<1 | uint64(c-'0')
	}
	return v, len(s)
}

func TestDecode(t *testing.T) {
	for s, want := range map[string]Frame{bits26: {W26, 123<<16 | 4567}, bits34: {W34, 0x12345678}, "0101": {Key, 5}, "01011010": {Key, 5}} {
		if got, err := decode(value(s)); err != nil || got != want {
			t.Errorf("%s: %+v %v", s, got, err)
		}
	}
	inverse := strings.NewReplacer("0", "1", "1", "0")
	for s, want := range map[string]error{
		bits26[1:]: errLength, bits26 + "0": errLength, "1" + bits26[:12] + "1" + bits26[14:]: errParity, inverse.Replace(bits26): errSwapped,
		inverse.Replace(bits34): errSwapped, "01011011": errKeyPad, "": errLength,
	} {
		if _, err := decode(value(s)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", s, err, want)
		}
	}
}

func TestConformanceWiegand(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		c := lines.New("D0", "D1")
		c.SetFaults(lines.Faults{Away: true})
		return &drivertest.Rig{
			Driver: NewWiegand(WiegandOptions{Options: options(), Edges: c, D0: "D0", D1: "D1"}),
			Plug:   func(in bool) error { c.SetFaults(lines.Faults{Away: !in}); return nil },
			Event:  func() error { c.Wiegand("D0", "D1", bits26); return nil },
			Half: func() (func() error, error) { // a frame that is cut is none; the next whole one is
				c.Wiegand("D0", "D1", bits26[:13])
				return func() error { c.Wiegand("D0", "D1", bits26); return nil }, nil
			},
			Babble: func() (int, error) { c.Noise(rand.New(rand.NewPCG(2, 3)), 200, "D0", "D1"); return 200, nil },
			Forbid: func(err error) { c.SetFaults(lines.Faults{Forbid: err}) },
		}
	}})
}

func TestConformanceRFID(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		r := rfid.New()
		r.SetFaults(rfid.Faults{Away: true})
		return &drivertest.Rig{
			Driver: NewRFID(RFIDOptions{Options: options(), Port: r}),
			Plug:   func(in bool) error { r.Hold(nil); r.SetFaults(rfid.Faults{Away: !in}); return nil },
			Event:  func() error { r.Hold([]byte{0x04, 0xA1, 0xB2, 0xC3}); return nil },
			Forbid: func(err error) { r.SetFaults(rfid.Faults{Forbid: err}) },
		}
	}})
}

// start runs a driver in a bubble of time.
func start(t *testing.T, d driver.Driver) (*drivertest.Sink, func()) {
	t.Helper()
	out := &drivertest.Sink{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, out) }()
	synctest.Wait()
	return out, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func passes(d time.Duration) {
	time.Sleep(d) // time of the bubble
	synctest.Wait()
}

func TestWiegandReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := lines.New("D0", "D1")
		out, stop := start(t, NewWiegand(WiegandOptions{Options: options(), Edges: c, D0: "D0", D1: "D1"}))
		send := func(bits string) drivertest.Heard {
			c.Wiegand("D0", "D1", bits)
			passes(time.Second)
			return out.Heard()
		}
		h := send(bits26)
		if len(h.Facts) != 1 || h.Facts[0].Punch.PIN != "1007" || h.Facts[0].Punch.Serial != "door" || h.Facts[0].Punch.Verify != 4 || drivertest.Check(h.Facts[0]) != nil {
			t.Fatalf("%+v", h)
		}
		if h = send(bits26); len(h.Facts) != 1 {
			t.Error("a reader that sends twice makes two punches")
		}
		if h = send(bits34); len(h.Facts) != 2 || h.Facts[1].Punch.PIN != "card-305419896" {
			t.Errorf("a card that nobody knows: %+v", h.Facts)
		}
		passes(again)
		if h = send(bits26); len(h.Facts) != 3 {
			t.Error("the same card later is another punch")
		}
		if h = send("0101"); len(h.Facts) != 3 || len(h.Refusals) != 0 {
			t.Errorf("a key: %+v", h)
		}
		for range swapsMost {
			h = send(strings.NewReplacer("0", "1", "1", "0").Replace(bits26))
		}
		if h.Degraded == nil || h.Degraded.Code != "wires_swapped" || len(h.Refusals) != swapsMost {
			t.Errorf("%+v", h)
		}
		passes(again)
		if h = send(bits26); h.Degraded != nil {
			t.Errorf("%+v", h.Degraded)
		}
		c.SetFaults(lines.Faults{Overflow: true})
		if h = send(bits26); len(h.Refusals) == swapsMost || len(h.Facts) != 4 {
			t.Errorf("lost pulses: %+v", h)
		}
		stop()
	})
}

func TestRFIDReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rfid.New()
		out, stop := start(t, NewRFID(RFIDOptions{Options: options(), Port: r}))
		passes(time.Second)
		if h := out.Heard(); h.Seen < 3 || h.Tried > 0 {
			t.Fatalf("without a card: %+v", h)
		}
		r.Hold([]byte{0x04, 0xA1, 0xB2, 0xC3})
		passes(2 * time.Second)
		if h := out.Heard(); len(h.Facts) != 1 || h.Facts[0].Punch.PIN != "1008" {
			t.Fatalf("a card that is held: %+v", h.Facts)
		}
		r.Hold([]byte{0x04, 1, 2, 3, 4, 5, 6})
		passes(time.Second)
		if h := out.Heard(); len(h.Facts) != 2 || h.Facts[1].Punch.PIN != "card-04010203040506" {
			t.Errorf("a number of 7 bytes: %+v", h.Facts)
		}
		r.Hold([]byte{9, 9, 9, 9})
		r.SetFaults(rfid.Faults{Damaged: true})
		passes(time.Second)
		if h := out.Heard(); len(h.Facts) != 2 || len(h.Refusals) == 0 {
			t.Errorf("a damaged number: %+v", h)
		}
		stop()
	})
	if err := NewRFID(RFIDOptions{Options: options(), Port: forbidden{}}).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
}

type forbidden struct{ *rfid.Reader }

func (forbidden) OpenSPI() (spi.PortCloser, error) { return nil, fs.ErrPermission }

func TestCRC(t *testing.T) {
	if got := withCRC([]byte{0x00, 0x00}); got[2] != 0xA0 || got[3] != 0x1E { // ISO/IEC 14443-3, annex B, first example
		t.Errorf("% x", got)
	}
	if got := withCRC([]byte{0x12, 0x34}); got[2] != 0x26 || got[3] != 0xCF { // second example
		t.Errorf("% x", got)
	}
}

// TestMutations: any pulses give a card whose parity is right, or a refusal, and a good frame after them is read.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd := rand.New(rand.NewPCG(8, 8))
	refused := 0
	for range n {
		s := []byte(bits34)
		if rnd.IntN(2) == 0 {
			s = []byte(bits26)
		}
		for range 1 + rnd.IntN(3) {
			i := rnd.IntN(len(s))
			switch rnd.IntN(3) {
			case 0:
				s[i] ^= 1
			case 1:
				s = append(s[:i], s[i+1:]...)
			case 2:
				s = append(s[:i], append([]byte{'0' + byte(rnd.IntN(2))}, s[i:]...)...)
			}
		}
		v, k := value(string(s))
		f, err := decode(v, k)
		if err != nil {
			refused++
		} else if f.Number >= 1<<32 {
			t.Fatalf("%+v", f)
		}
	}
	if refused < n/4 {
		t.Errorf("%d of %d refused", refused, n)
	}
	if f, err := decode(value(bits26)); err != nil || f.Number != 123<<16|4567 {
		t.Errorf("%+v %v", f, err)
	}
}

func FuzzDecode(f *testing.F) {
	v, n := value(bits26)
	f.Add(v, n)
	f.Fuzz(func(t *testing.T, v uint64, n int) {
		if n < 0 || n > maxBits {
			return
		}
		if c, err := decode(v&(1<<n-1), n); err == nil && c.Number >= 1<<32 {
			t.Errorf("%+v", c)
		}
	})
}
