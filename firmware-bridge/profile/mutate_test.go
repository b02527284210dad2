package profile

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// mutants makes damaged frames out of good ones, always the same.
type mutants struct {
	rnd  *rand.Rand
	from [][]byte
}

func (m *mutants) next() []byte {
	frame := slices.Clone(m.from[m.rnd.IntN(len(m.from))])
	for range 1 + m.rnd.IntN(3) {
		frame = m.damage(frame)
	}
	return frame
}

func (m *mutants) damage(b []byte) []byte {
	if len(b) == 0 {
		return []byte{byte(m.rnd.Uint32())}
	}
	i := m.rnd.IntN(len(b))
	switch m.rnd.IntN(7) {
	case 0:
		b[i] ^= 1 << m.rnd.IntN(8)
	case 1:
		b[i] = byte(m.rnd.Uint32())
	case 2:
		b = slices.Delete(b, i, min(len(b), i+1+m.rnd.IntN(4)))
	case 3:
		b = slices.Insert(b, i, byte(m.rnd.Uint32()), byte(m.rnd.Uint32()))
	case 4:
		b = b[:i]
	case 5:
		b = slices.Concat(b[:i], m.from[m.rnd.IntN(len(m.from))], b[i:])
	case 6:
		b = slices.Concat(b, b[i:])
	}
	return b[:min(len(b), MaxFrame)]
}

// TestMutations feeds every shipped profile damaged frames: 100,000 of each, in pieces of any size. Every byte must be either
// told as a frame or refused, memory must stay bounded, and after each hundred the next good frames must be understood.
func TestMutations(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	for _, name := range Builtins() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p := readCaptures(t, name), mustLoad(t, name)
			m := &mutants{rnd: rand.New(rand.NewPCG(7, uint64(len(name)))), from: c.heard}
			good := play(p, c.heard[0], len(c.heard[0])).said[0]
			var w watcher
			d := p.NewDecoder()
			for range rounds {
				w.mutate(t, d, m)
				w.recovers(t, d, c.heard[0], good)
			}
			if w.refused == 0 {
				t.Error("nothing was refused")
			}
			if cap(d.buf) > 2*MaxKept {
				t.Errorf("%d bytes are kept", cap(d.buf))
			}
		})
	}
}

// watcher counts what a decoder says.
type watcher struct{ heard, told, refused int }

func (w *watcher) feed(d *Decoder, chunk []byte, emit func(Event)) {
	w.heard += len(chunk)
	d.Feed(chunk, func(ev Event) { w.told += len(ev.Raw); emit(ev) }, w.refuse)
}

func (w *watcher) refuse(_ string, raw []byte) { w.told += len(raw); w.refused++ }

// mutate feeds a hundred damaged frames.
func (w *watcher) mutate(t *testing.T, d *Decoder, m *mutants) {
	for range 100 {
		frame := m.next()
		for len(frame) > 0 {
			n := 1 + m.rnd.IntN(len(frame))
			w.feed(d, frame[:n], func(ev Event) {
				if ev.Level < 0 || ev.Level > 5 || len(ev.Number) > MaxNumber || len(ev.Category) > MaxCategory || ev.Ahead > MaxAhead {
					t.Fatalf("told %+v", ev)
				}
			})
			frame = frame[n:]
		}
	}
}

// recovers ends what is open, as a pause on the line does, and then feeds good frames: the second at the latest is understood.
func (w *watcher) recovers(t *testing.T, d *Decoder, frame []byte, good string) {
	if w.heard%2 == 0 { // with and without a pause
		d.Flush(w.refuse)
	}
	copies := 2
	for _, b := range d.p.bodies { // what is open may claim the longest frame there is
		if !b.frame.lines {
			copies += (b.frame.maxData + b.frame.bare) / len(frame)
		}
	}
	understood := false
	out := &player{}
	w.feed(d, bytes.Repeat(frame, copies), func(ev Event) { out.event(ev); understood = out.said[len(out.said)-1] == good })
	if !understood {
		t.Fatalf("a good frame is not understood: %q", out.said)
	}
	d.Flush(w.refuse)
	if w.told != w.heard {
		t.Fatalf("%d bytes of %d were told", w.told, w.heard)
	}
}

func TestExplain(t *testing.T) {
	for _, name := range Builtins() {
		p, c := mustLoad(t, name), readCaptures(t, name)
		d := p.NewDecoder()
		d.Feed(slices.Concat(c.heard...), func(ev Event) {
			pieces := p.Explain(ev.Raw)
			if len(pieces) == 0 || ev.Words() == "" {
				t.Errorf("%s: % X is not explained", name, ev.Raw)
			}
			if p.bodies[0].frame.stuff != nil {
				return
			}
			var all []byte
			for _, piece := range pieces {
				if !piece.Inside {
					all = append(all, piece.Bytes...)
				} else if s, ok := fromGB18030(piece.Bytes); !ok || string(s) != piece.Value {
					t.Errorf("%s: %s at %d is % X", name, piece.Name, piece.Offset, piece.Bytes)
				}
			}
			if !bytes.Equal(all, ev.Raw) {
				t.Errorf("%s: explained % X of % X", name, all, ev.Raw)
			}
		}, func(_ string, raw []byte) { _ = p.Explain(raw) })
	}
	pieces := mustLoad(t, "rating-keypad").Explain(hexBytes(t, "AA 55 05 03 02 04 2A 01 2B"))
	if len(pieces) != 7 || pieces[4].Name != "level" || pieces[4].Offset != 5 || pieces[4].Value != "4 = 4" || pieces[6].Value != "2B" {
		t.Errorf("%+v", pieces)
	}
}
