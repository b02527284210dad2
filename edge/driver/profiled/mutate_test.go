package profiled

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

// tape is a port that plays what it was given, in pieces, and then says that the line is gone.
type tape struct {
	pieces [][]byte
	sent   int
}

func (p *tape) OpenPort() (driver.Port, error) { return p, nil }

func (p *tape) Read(b []byte) (int, error) {
	if len(p.pieces) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, p.pieces[0])
	if p.pieces[0] = p.pieces[0][n:]; len(p.pieces[0]) == 0 {
		p.pieces = p.pieces[1:]
	}
	return n, nil
}

func (p *tape) Write(b []byte) (int, error) { p.sent += len(b); return len(b), nil }
func (p *tape) Close() error                { return nil }

// TestMutations: 100,000 damaged frames of three protocols. No fact is told that a hall cannot hold, what is remembered stays
// bounded, and the good frame after them is told.
func TestMutations(t *testing.T) {
	count := 100_000
	if testing.Short() {
		count = 10_000
	}
	for name, golden := range map[string][]string{
		"rating-keypad":   {"\xAA\x55\x05\x03\x02\x05\x00\x01\x00", "\xAA\x55\x06\x03\x01A012\x76", "\xAA\x55\x02\x03\x03\x02"},
		"dispenser-frame": {"\xA5\x5A\x00\x0A\x31\x01\x00\x0C\x00\x03\x00\x07\xF4\x6A"},
		"line-caller":     {"CALL,1,A012\r\n", "\xC7\xEBB003\xBA\xC5\xB5\xBD2\xBA\xC5\xB4\xB0\xBF\xDA\r\n", "ALIVE\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			prof, err := profile.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			rnd := rand.New(rand.NewPCG(3, 9))
			var stream []byte
			for range count / 3 {
				f := []byte(golden[rnd.IntN(len(golden))])
				for range 1 + rnd.IntN(2) {
					i := rnd.IntN(len(f))
					switch rnd.IntN(4) {
					case 0:
						f[i] ^= 1 << rnd.IntN(8)
					case 1:
						f = append(f[:i:i], f[min(len(f), i+2):]...)
					case 2:
						f = slices.Insert(f, i, byte(rnd.Uint32()))
					default:
						f = slices.Concat(f[:i], f)
					}
					f = append(f, byte(rnd.Uint32()))
				}
				stream = append(stream, f...)
			}
			last := golden[0]
			p := &tape{pieces: slices.Collect(slices.Chunk(append(stream, []byte(strings.Repeat(last, 40))...), 997))}
			d := New(Options{Profile: prof, Port: p, Windows: map[int]hall.WindowID{1: "w1", 2: "w2", 3: "w3"}, Window: "w9"})
			s := &counter{t: t}
			if err := d.Run(t.Context(), s); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			if s.refused == 0 || s.seen == 0 || len(d.memory.done) > maxMemory || len(d.memory.waiting) > 0 {
				t.Errorf("%d refused, %d seen, %d remembered, %d wait", s.refused, s.seen, len(d.memory.done), len(d.memory.waiting))
			}
			if !strings.Contains(s.lastSeen, "alive") {
				t.Errorf("the good frame is not understood")
			}
		})
	}
}

// counter is a sink that checks and forgets.
type counter struct {
	drivertest.Sink
	t             *testing.T
	refused, seen int
	lastSeen      string
}

func (c *counter) Later(_ context.Context, f hall.Fact, stored func()) error {
	if err := drivertest.Check(f); err != nil || f.Rating != nil && (f.Rating.Level < 1 || f.Rating.Level > 5) || len(f.Raw) > profile.MaxFrame {
		c.t.Errorf("%+v: %v", f, err)
	}
	if stored != nil {
		stored()
	}
	return nil
}

func (c *counter) Refused(string, []byte) { c.refused++; c.lastSeen = "refused" }
func (c *counter) Seen()                  { c.seen++; c.lastSeen = "alive" }

func TestMemory(t *testing.T) {
	m := newMemory()
	now := time.Unix(1e9, 0)
	if m.hear("a", RepeatTime, now) != fresh || m.hear("a", RepeatTime, now) != waiting {
		t.Error("a frame is not fresh once")
	}
	m.settle("a", now, false)
	if m.hear("a", RepeatTime, now) != fresh {
		t.Error("a frame that was not taken is forgotten")
	}
	m.settle("a", now, true)
	for range 5 { // repeated without end, it stays the same
		if now = now.Add(repeatPause / 2); m.hear("a", repeatPause, now) != done {
			t.Fatal("a repeated frame is another one")
		}
	}
	if now = now.Add(repeatPause); m.hear("a", repeatPause, now) != fresh {
		t.Error("a frame after a pause is another press")
	}
	for i := range 3 * maxMemory {
		now = now.Add(time.Millisecond)
		m.settle(string(rune(i+1000)), now, true)
	}
	if len(m.done) > maxMemory || m.hear(string(rune(3*maxMemory-1+1000)), RepeatTime, now) != done {
		t.Errorf("%d are remembered", len(m.done))
	}
}
