package modbus

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// player writes down what a decoder says.
type player struct {
	said    []string
	refused int // bytes
}

func (p *player) message(m Message) {
	switch {
	case m.Reply == nil:
		p.said = append(p.said, fmt.Sprintf("? %d %d %d %q", m.Request.Address, m.Request.Function, m.Request.Start, m.Request.Data))
	case !m.Asked:
		p.said = append(p.said, fmt.Sprintf("! %d %d %d %q", m.Reply.Address, m.Reply.Function, m.Reply.Exception, m.Reply.Data))
	default:
		p.said = append(p.said, fmt.Sprintf("= %d %d %d %q", m.Reply.Address, m.Request.Start, m.Reply.Exception, m.Reply.Data))
	}
}

func (p *player) refuse(_ string, raw []byte) { p.refused += len(raw) }

func play(stream []byte, piece int) *player {
	p, d := &player{}, NewDecoder()
	for c := range slices.Chunk(stream, piece) {
		d.Feed(c, p.message, p.refuse)
	}
	d.Flush(p.message, p.refuse)
	return p
}

func expect(t *testing.T, p *player, refused int, want ...string) {
	t.Helper()
	if !slices.Equal(p.said, want) || p.refused != refused {
		t.Errorf("refused %d, got\n%s\nwant\n%s", p.refused, strings.Join(p.said, "\n"), strings.Join(want, "\n"))
	}
}

func TestOverhear(t *testing.T) {
	var stream []byte
	var want []string
	for _, g := range golden {
		stream = append(append(stream, unhex(t, g.request)...), unhex(t, g.reply)...)
		p := &player{}
		p.message(Message{Request: g.q, Asked: true})
		p.message(Message{Request: g.q, Asked: true, Reply: &g.r})
		want = append(want, p.said...)
	}
	for _, n := range []int{1, 3, 8, len(stream)} {
		expect(t, play(stream, n), 0, want...)
	}
}

const (
	show   = "01 10 00 70 00 06 0C 41 30 31 32 00 00 00 00 00 00 00 00 30 94"
	shown  = "01 10 00 70 00 06 41 D0"
	number = "01 06 00 88 00 2A 88 3F"

	heardShow  = `? 1 16 112 "A012\x00\x00\x00\x00\x00\x00\x00\x00"`
	heardShown = `= 1 112 0 ""`
)

func TestResynchronise(t *testing.T) {
	for name, c := range map[string]struct {
		stream  string
		refused int
		want    []string
	}{
		"in the middle":      {"31 32 00 00 00 00 30 94" + show + shown, 8, []string{heardShow, heardShown}},
		"reply first":        {shown + show, 0, []string{`! 1 16 0 ""`, heardShow}},
		"damaged":            {"01 10 00 70 00 06 0C 41 30 31 FF 00 00 00 00 00 00 00 00 30 94" + show, 21, []string{heardShow}},
		"cut":                {"01 10 00 70 00 06 0C 41 30" + show + shown, 9, []string{heardShow, heardShown}},
		"a long beginning":   {"01 10 00 70 00 60 C0" + show + shown, 7, []string{heardShow, heardShown}},
		"nobody answers":     {show + show + shown, 0, []string{heardShow, heardShow, heardShown}},
		"another one":        {show + "02 83 02 30 F1" + shown, 0, []string{heardShow, `! 2 3 2 ""`, `! 1 16 0 ""`}},
		"broadcast":          {"00 06 00 24 00 02 49 D1 00 06 00 24 00 02 49 D1", 0, []string{`? 0 6 36 "\x00\x02"`, `? 0 6 36 "\x00\x02"`}},
		"a number and reply": {number + number + number, 0, []string{`? 1 6 136 "\x00*"`, `= 1 136 0 "\x00*"`, `? 1 6 136 "\x00*"`}},
		"the start alone":    {"01 10 00 70", 4, nil},
	} {
		stream := unhex(t, c.stream)
		for _, n := range []int{1, 5, len(stream)} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) { expect(t, play(stream, n), c.refused, c.want...) })
		}
	}
}

// What waits longer than any slave takes is asked again, not answered.
func TestForget(t *testing.T) {
	p, d := &player{}, NewDecoder()
	d.Feed(unhex(t, number), p.message, p.refuse)
	d.Forget()
	d.Feed(unhex(t, number)[:4], p.message, p.refuse)
	d.Forget() // half a frame has begun in time
	d.Feed(unhex(t, number)[4:], p.message, p.refuse)
	d.Feed(unhex(t, number), nil, nil)
	expect(t, p, 0, `? 1 6 136 "\x00*"`, `? 1 6 136 "\x00*"`)
	p, d = &player{}, NewSlaveDecoder()
	d.Feed(unhex(t, number+number+shown), p.message, p.refuse)
	d.Flush(p.message, p.refuse)
	expect(t, p, 8, `? 1 6 136 "\x00*"`, `? 1 6 136 "\x00*"`)
}

// A text whose bytes are the CRC that a reply would have.
func TestTextThatLooksLikeAReply(t *testing.T) {
	for address := byte(1); address <= MaxAddress; address++ {
		for count := 1; count <= 60; count++ {
			r, err := Reply{Address: address, Function: WriteRegisters, Start: 0x70, Count: count}.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if int(r[6]) != 2*count {
				continue
			}
			q := Request{address, WriteRegisters, 0x70, count, append([]byte{r[7]}, make([]byte, 2*count-1)...)}
			frame, err := q.Encode()
			if err != nil {
				t.Fatal(err)
			}
			p := play(frame, 1)
			expect(t, p, 0, fmt.Sprintf("? %d 16 112 %q", address, q.Data))
			return
		}
	}
	t.Error("there is none")
}

func TestExchange(t *testing.T) {
	ask := Read(1, ReadHolding, 0x88, 1)
	sent, answer := "01 03 00 88 00 01 04 20", "01 03 02 00 2A 39 9B"
	for name, c := range map[string]struct {
		heard string
		fails error
		echo  bool
	}{
		"the answer":        {answer, nil, false},
		"behind its echo":   {sent + answer, nil, true},
		"the echo alone":    {sent, ErrSilent, true},
		"nothing":           {"", ErrSilent, false},
		"behind noise":      {"FF 00 01 03" + answer, nil, false},
		"of another slave":  {"02 03 02 00 2A 7D 9B", ErrSilent, false},
		"a late one before": {"02 03 02 00 2A 7D 9B" + answer, nil, false},
		"damaged":           {"01 03 02 00 2B 39 9B", ErrGarbled, false},
		"too long":          {"01 03 04 00 2A 00 2A" + strings.Repeat("00", 2000), ErrGarbled, false},
		"of another length": {"01 03 04 00 2A 00 2A 5A 24", ErrSilent, false},
		"an exception":      {"01 83 02 C0 F1", nil, false},
	} {
		for _, piece := range []int{1, 4, 9999} {
			x, err := NewExchange(ask, false)
			if err != nil || !bytes.Equal(x.Sent(), unhex(t, sent)) {
				t.Fatal(err)
			}
			found := false
			for chunk := range slices.Chunk(unhex(t, c.heard), piece) {
				if _, _, ok := x.Feed(chunk); ok {
					found = true
				}
			}
			raw, err := x.Fail()
			if found != (c.fails == nil) || !found && err != nil && !isCause(err, c.fails) || x.Echoes() != c.echo || len(raw) > maxHeard {
				t.Errorf("%s by %d: %v, %v, % X", name, piece, found, err, raw)
			}
		}
	}
	x, err := NewExchange(Request{1, WriteRegister, 0x88, 1, []byte{0, 42}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := x.Feed(unhex(t, number)); ok {
		t.Error("its own echo was taken for the answer")
	}
	if r, frame, ok := x.Feed(unhex(t, number)); !ok || r.Start != 0x88 || len(frame) != 8 {
		t.Errorf("%+v, % X, %v", r, frame, ok)
	}
	if _, err := NewExchange(Request{}, false); err == nil {
		t.Error("an impossible request")
	}
}

func isCause(err, want error) bool { return strings.HasPrefix(err.Error(), want.Error()) }

func FuzzDecoder(f *testing.F) {
	for _, g := range golden {
		f.Add(append(unhex(f, g.request), unhex(f, g.reply)...), uint8(3))
	}
	f.Add(unhex(f, "01 10 00 70 00 60 C0"+show+shown), uint8(5))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		if len(stream) == 0 {
			return
		}
		want, got := play(stream, len(stream)), play(stream, max(1, int(piece)))
		if !slices.Equal(want.said, got.said) || want.refused != got.refused {
			t.Fatalf("in pieces of %d\n%v %d\nat once\n%v %d", piece, got.said, got.refused, want.said, want.refused)
		}
		x, err := NewExchange(Read(1, ReadHolding, 0x70, 6), false)
		if err != nil {
			t.Fatal(err)
		}
		x.Feed(stream)
		if raw, _ := x.Fail(); len(raw) > maxHeard {
			t.Fatalf("%d bytes", len(raw))
		}
	})
}

// Damaged frames between good ones: all that came is a frame or refused, and a good exchange after the noise is understood.
func TestMutations(t *testing.T) {
	rounds := 100_000
	if testing.Short() {
		rounds = 10_000
	}
	rnd := rand.New(rand.NewPCG(7, 9))
	var frames [][]byte
	for _, g := range golden {
		frames = append(frames, unhex(t, g.request), unhex(t, g.reply))
	}
	good := unhex(t, show+shown)
	d := NewDecoder()
	refused, understood := 0, 0
	for i := range rounds {
		bad := bytes.Clone(frames[rnd.IntN(len(frames))])
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
		p := &player{}
		// A damaged frame may by chance, one time in 65,536, be whole with the first byte of the next.
		d.Feed(slices.Concat(bad, good, good), p.message, func(_ string, raw []byte) { refused += len(raw) })
		if len(d.buf) > MaxFrame || len(d.noise) > MaxNoise {
			t.Fatalf("holds %d and %d bytes", len(d.buf), len(d.noise))
		}
		last := p.said[max(0, len(p.said)-2):]
		if slices.Equal(last, []string{heardShow, heardShown}) {
			understood++
		} else {
			t.Fatalf("round %d: % X then a good exchange gave %q", i, bad, p.said)
		}
	}
	if refused == 0 || understood != rounds {
		t.Errorf("refused %d, understood %d", refused, understood)
	}
}
