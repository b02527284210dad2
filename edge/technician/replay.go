package technician

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

// Frame is a frame that was decoded, or bytes that were refused.
type Frame struct {
	At      time.Duration // when its last byte came
	Raw     []byte        // as it was on the line
	Event   profile.Event
	Pieces  []profile.Piece
	Refused string // why the bytes are no frame; empty: they are one
}

// Summary counts what a profile made of a recording.
type Summary struct {
	Bytes   int // that were heard
	Told    int // bytes of frames
	Frames  int
	Alive   int // frames that are signs of life alone
	Kinds   map[hall.FactKind]int
	Refused int // times that bytes were refused
}

// Coverage is the part of the bytes that were frames, 0 to 1.
func (s Summary) Coverage() float64 { return float64(s.Told) / float64(max(1, s.Bytes)) }

// player feeds a decoder in the time of a recording.
type player struct {
	dec  *profile.Decoder // nil: no profile
	prof *profile.Profile
	tell func(Frame)
	sum  Summary
	last time.Duration
}

func newPlayer(p *profile.Profile, tell func(Frame)) *player {
	if tell == nil {
		tell = func(Frame) {}
	}
	out := &player{prof: p, tell: tell, sum: Summary{Kinds: map[hall.FactKind]int{}}}
	if p != nil {
		out.dec = p.NewDecoder()
	}
	return out
}

// feed decodes a chunk. A pause before it ends what had begun, as a driver does.
func (p *player) feed(c Chunk) {
	if c.Sent {
		return
	}
	p.sum.Bytes += len(c.Data)
	if p.dec == nil {
		return
	}
	if c.At-p.last >= p.prof.Line().Quiet {
		p.dec.Flush(p.refused)
	}
	p.last = c.At
	p.dec.Feed(c.Data, p.event, p.refused)
}

// end ends the recording.
func (p *player) end() Summary {
	if p.dec != nil {
		p.dec.Flush(p.refused)
	}
	return p.sum
}

func (p *player) event(ev profile.Event) {
	p.sum.Frames++
	p.sum.Told += len(ev.Raw)
	if ev.Kind == 0 {
		p.sum.Alive++
	} else {
		p.sum.Kinds[ev.Kind]++
	}
	ev.Raw = bytes.Clone(ev.Raw)
	p.tell(Frame{At: p.last, Raw: ev.Raw, Event: ev, Pieces: p.prof.Explain(ev.Raw)})
}

func (p *player) refused(reason string, raw []byte) {
	p.sum.Refused++
	p.tell(Frame{At: p.last, Raw: bytes.Clone(raw), Refused: reason})
}

// Replay plays a recording against a profile and tells every frame and every refusal, in the order of the bytes.
func Replay(c *Capture, p *profile.Profile, tell func(Frame)) Summary {
	play := newPlayer(p, tell)
	for _, k := range c.Chunks {
		play.feed(k)
	}
	return play.end()
}

// Match is how well a profile fits a recording.
type Match struct {
	Profile *profile.Profile
	Summary Summary
	Score   float64 // 0 to 1
}

// score weighs frames that tell something above those that tell that a device lives: a profile that ignores what it does not
// know would else fit everything.
func score(s Summary, meant int) float64 {
	if s.Frames == 0 {
		return 0
	}
	fit := (float64(meant) + float64(s.Told-meant)/2) / float64(max(1, s.Bytes))
	return fit * float64(s.Frames) / float64(s.Frames+s.Refused)
}

// Suggest tries every profile on a recording and gives those that fit at all, the best first.
func Suggest(c *Capture, profiles []*profile.Profile) []Match {
	var out []Match
	for _, p := range profiles {
		meant := 0
		s := Replay(c, p, func(f Frame) {
			if f.Refused == "" && (f.Event.Kind != 0 || f.Event.Beat) {
				meant += len(f.Raw)
			}
		})
		if n := score(s, meant); n > 0 {
			out = append(out, Match{Profile: p, Summary: s, Score: n})
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Profile.Name(), b.Profile.Name()))
	})
	return out
}

// Shipped loads every shipped profile.
func Shipped() ([]*profile.Profile, error) {
	var out []*profile.Profile
	for _, name := range profile.Builtins() {
		p, err := profile.Load(name)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
