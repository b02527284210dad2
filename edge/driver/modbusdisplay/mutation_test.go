package modbusdisplay

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/modbus"
	"hallpulse/hall"
)

// counter is a sink that keeps nothing.
type counter struct{ refused, seen int }

func (*counter) Fact(context.Context, hall.Fact) error          { return nil }
func (*counter) Later(context.Context, hall.Fact, func()) error { return nil }
func (*counter) Reading(hall.Metric, string, float64)           {}
func (*counter) Opened()                                        {}
func (c *counter) Seen()                                        { c.seen++ }
func (*counter) Degraded(bool, hall.Reason)                     {}
func (*counter) Healthy()                                       {}
func (c *counter) Refused(string, []byte)                       { c.refused++ }

// last is what was shown last.
type last struct {
	address int
	text    string
}

func (l *last) Show(_ context.Context, address int, text string, _ []byte, _ driver.Sink) error {
	l.address, l.text = address, text
	return nil
}

// tape is a port that says chunks and then ends.
type tape struct {
	chunk  func(n int) []byte
	n, all int
}

func (p *tape) Read(b []byte) (int, error) {
	if p.n == p.all {
		return 0, io.EOF
	}
	p.n++
	return copy(b, p.chunk(p.n)), nil
}

func (*tape) Write(b []byte) (int, error) { return len(b), nil }
func (*tape) Close() error                { return nil }

// mutate damages a frame.
func mutate(rnd *rand.Rand, frame []byte) []byte {
	bad := bytes.Clone(frame)
	for range 1 + rnd.IntN(3) {
		switch at := rnd.IntN(len(bad)); rnd.IntN(3) {
		case 0:
			bad[at] ^= 1 << rnd.IntN(8)
		case 1:
			bad[at] = byte(rnd.Uint32())
		default:
			bad = bad[:at+1]
		}
	}
	return bad
}

// golden frames of a bus: a text, a number, a question, their answers, an exception.
var golden = [][]byte{
	[]byte("\x01\x10\x00\x70\x00\x06\x0CA012\x00\x00\x00\x00\x00\x00\x00\x00\x30\x94"), []byte("\x01\x10\x00\x70\x00\x06\x41\xD0"),
	[]byte("\x01\x06\x00\x88\x00\x2A\x88\x3F"), []byte("\x01\x03\x00\x88\x00\x01\x04\x20"), []byte("\x01\x03\x02\x00\x2A\x39\x9B"),
	[]byte("\x01\x86\x06\xC2\x62"),
}

func TestMutations(t *testing.T) {
	rounds := 100_000
	if testing.Short() {
		rounds = 10_000
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	shown, out := &last{}, &counter{}
	d := New(Options{Calls: shown, Place: Place{Register: 0x70}, Timeout: time.Hour})
	good := append(bytes.Clone(golden[0]), golden[1]...)
	missing := 0
	port := &tape{all: rounds, chunk: func(n int) []byte {
		if n > 1 && *shown != (last{1, "A012"}) {
			missing++
		}
		*shown = last{}
		return append(mutate(rnd, golden[rnd.IntN(len(golden))]), bytes.Repeat(good, 2)...)
	}}
	if err := d.overhear(t.Context(), port, out); err == nil {
		t.Fatal("no end")
	}
	if missing > 0 || out.refused == 0 || out.seen < rounds {
		t.Errorf("%d good frames were not understood; refused %d, seen %d", missing, out.refused, out.seen)
	}
}

// The master's side: damaged answers are none, and the next good one ends its exchange.
func TestMutatedAnswers(t *testing.T) {
	rounds := 100_000
	if testing.Short() {
		rounds = 10_000
	}
	rnd := rand.New(rand.NewPCG(8, 9))
	q := modbus.Read(1, modbus.ReadHolding, 0x88, 1)
	for range rounds {
		x, err := modbus.NewExchange(q, rnd.IntN(2) == 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _, early := x.Feed(mutate(rnd, golden[rnd.IntN(len(golden))]))
		r, _, ok := x.Feed(golden[4])
		if !ok || !early && !bytes.Equal(r.Data, golden[4][3:5]) {
			t.Fatalf("%+v, %v", r, ok)
		}
		if raw, _ := x.Fail(); len(raw) > 3*modbus.MaxFrame {
			t.Fatalf("%d bytes", len(raw))
		}
	}
}
