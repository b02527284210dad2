package radar

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// heard feeds chunks and gives what was told, in words.
func heard(k Kind, chunks ...[]byte) (out []string) {
	d := NewDecoder(k)
	refuse := func(reason string, raw []byte) { out = append(out, fmt.Sprintf("refused %d: %s", len(raw), reason)) }
	for _, c := range chunks {
		d.Feed(c, func(r Report) {
			if r.Presence != nil {
				out = append(out, fmt.Sprintf("%+v", *r.Presence))
			} else {
				out = append(out, fmt.Sprintf("%+v", r.Targets))
			}
		}, refuse)
	}
	d.Flush(refuse)
	return out
}

// The makers' own examples.
var (
	basic       = unhex("F4 F3 F2 F1 0D 00 02 AA 02 51 00 00 00 00 3B 00 00 55 00 F8 F7 F6 F5")
	engineering = unhex("F4 F3 F2 F1 23 00 01 AA 03 1E 00 3C 00 00 39 00 00 08 08 3C 22 05 03 03 04 03 06 05 00 00 39 10 13 06 06 08 04 03 05 55 00 F8 F7 F6 F5")
	three       = unhex("AA FF 03 00 0E 03 B1 86 10 00 40 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 55 CC")
	ack         = unhex("FD FC FB FA 08 00 FF 01 00 00 01 00 40 00 04 03 02 01")
)

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		in   []byte
		want string
	}{
		{LD2410, basic, "[{State:2 MovingAt:81 MovingEnergy:0 StillAt:0 StillEnergy:59 Distance:0 Engineering:false}]"},
		{LD2410, engineering, "[{State:3 MovingAt:30 MovingEnergy:60 StillAt:0 StillEnergy:57 Distance:0 Engineering:true}]"},
		{LD2450, three, "[[{X:-782 Y:1713 Speed:-16 Resolution:320}]]"},
		{LD2450, AppendTargets(nil, nil), "[[]]"},
	} {
		if got := fmt.Sprint(heard(c.kind, c.in)); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		var bytewise [][]byte
		for _, b := range c.in {
			bytewise = append(bytewise, []byte{b})
		}
		if got := fmt.Sprint(heard(c.kind, bytewise...)); got != c.want {
			t.Errorf("byte by byte: %s", got)
		}
	}
	p := Presence{State: Moving | Still, MovingAt: 120, MovingEnergy: 77, StillAt: 90, StillEnergy: 100, Distance: 90}
	if got := heard(LD2410, AppendPresence(nil, p)); fmt.Sprint(got) != fmt.Sprintf("[%+v]", p) {
		t.Errorf("%v", got)
	}
}

func TestTheStreamGoesOn(t *testing.T) {
	wrongTail := bytes.Clone(basic)
	wrongTail[len(wrongTail)-1] = 0
	for what, c := range map[string]struct {
		in   []byte
		want int // understood reports
	}{
		"begins in the middle":      {append(bytes.Clone(basic[9:]), basic...), 1},
		"wrong tail, then good":     {append(bytes.Clone(wrongTail), basic...), 1},
		"cut short, then good":      {append(bytes.Clone(basic[:15]), basic...), 1},
		"an answer in between":      {append(append(bytes.Clone(basic), ack...), basic...), 2},
		"noise before":              {append([]byte("noise F4 F3"), basic...), 1},
		"a length of nothing known": {append(unhex("F4 F3 F2 F1 FF FF 00"), basic...), 1},
	} {
		n := 0
		for _, line := range heard(LD2410, c.in) {
			if !strings.HasPrefix(line, "refused") {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s: %d reports: %q", what, n, heard(LD2410, c.in))
		}
	}
	if got := AppendAnswer(nil, 0x01FF, ack[8:14]); !bytes.Equal(got, ack) {
		t.Errorf("%x", got)
	}
	if got := heard(LD2410, []byte("only noise")); len(got) != 1 || !strings.Contains(got[0], "refused 10: "+ReasonNoise) {
		t.Errorf("%q", got)
	}
}

// TestMutations: whatever the line does to good frames, nothing panics, nothing grows, and the next good frames are understood.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	rnd := rand.New(rand.NewPCG(7, 7))
	for _, k := range []Kind{LD2410, LD2450} {
		golden := [][]byte{basic, engineering, ack}
		if k == LD2450 {
			golden = [][]byte{three, AppendTargets(nil, Targets{{X: 100, Y: 200}, {X: -5, Y: 1}}), ack}
		}
		d := NewDecoder(k)
		refused := 0
		refuse := func(reason string, raw []byte) {
			if refused++; reason == "" || len(raw) == 0 || len(raw) > maxNoise+maxFrame {
				t.Fatalf("refused %q %d", reason, len(raw))
			}
		}
		for range n {
			b := mutate(rnd, golden[rnd.IntN(len(golden))])
			d.Feed(b, func(Report) {}, refuse)
			if cap(d.buf) > 4*maxFrame || cap(d.noise) > 4*maxNoise {
				t.Fatalf("grew to %d and %d", cap(d.buf), cap(d.noise))
			}
		}
		if refused == 0 {
			t.Error("nothing was refused")
		}
		good := 0
		for range 3 {
			d.Feed(golden[0], func(Report) { good++ }, refuse)
		}
		if good < 2 {
			t.Errorf("kind %d: %d of 3 good frames understood after the noise", k, good)
		}
	}
}

func mutate(rnd *rand.Rand, in []byte) []byte {
	b := bytes.Clone(in)
	for range 1 + rnd.IntN(3) {
		i := rnd.IntN(len(b))
		switch rnd.IntN(4) {
		case 0:
			b[i] ^= 1 << rnd.IntN(8)
		case 1:
			b = append(b[:i], b[i+1:]...)
		case 2:
			b = append(b[:i], append([]byte{byte(rnd.Uint32())}, b[i:]...)...)
		case 3:
			b = b[:i]
		}
		if len(b) == 0 {
			return []byte{0}
		}
	}
	return b
}

func FuzzRadar(f *testing.F) {
	f.Add(false, basic)
	f.Add(false, engineering)
	f.Add(true, three)
	f.Fuzz(func(t *testing.T, two bool, in []byte) {
		k := LD2410
		if two {
			k = LD2450
		}
		d, told := NewDecoder(k), 0
		refuse := func(_ string, raw []byte) { told += len(raw) }
		d.Feed(in, func(r Report) { told += len(r.Raw) }, refuse)
		d.Flush(refuse)
		if told > 8*len(in) {
			t.Errorf("%d bytes told of %d", told, len(in))
		}
	})
}
