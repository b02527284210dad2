// Package radar is a simulated HLK-LD2410 or HLK-LD2450 on a serial line.
package radar

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"hallpulse/edge/simulator/line"
	"hallpulse/firmware-bridge/radar"
)

// Faults of a radar; the zero value is one that works.
type Faults struct {
	Mute        bool    // says nothing
	Freeze      bool    // the same report for ever
	WrongTail   bool    // every tail is wrong
	WrongBaud   bool    // it speaks at another speed: what arrives is noise
	MidFrame    bool    // half a report is before each: a line that is opened in the middle of one, again and again
	Answers     bool    // somebody configures it by its app: answers to commands come between the reports
	Drop        float64 // share of bytes that are lost
	Engineering bool    // LD2410: the mode was left on
	Ghost       bool    // LD2450: a target that is not there
}

// Options of a radar. Line is required.
type Options struct {
	Line  *line.Line
	Kind  radar.Kind
	Every time.Duration // between two reports; 0: 100 ms
	Seed  uint64
}

// Radar sees as many people as it is told.
type Radar struct {
	o   Options
	rnd *rand.Rand

	mu     sync.Mutex
	people int
	faults Faults
	last   []byte
}

// New gives a radar that sees nobody.
func New(o Options) *Radar {
	if o.Every <= 0 {
		o.Every = 100 * time.Millisecond
	}
	return &Radar{o: o, rnd: rand.New(rand.NewPCG(o.Seed, 1))}
}

// SetPeople says how many people stand there.
func (r *Radar) SetPeople(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people = n
}

// SetFaults says what is wrong with it.
func (r *Radar) SetFaults(f Faults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = f
}

// Run reports until ctx ends.
func (r *Radar) Run(ctx context.Context) {
	tick := time.NewTicker(r.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if f := r.frame(); len(f) > 0 {
				_, _ = r.o.Line.Write(f) // an unplugged wire loses it
			}
		}
	}
}

// Report says one report now.
func (r *Radar) Report() error {
	_, err := r.o.Line.Write(r.frame())
	return err
}

// frame is the next report as it leaves the line.
func (r *Radar) frame() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults.Mute {
		return nil
	}
	if !r.faults.Freeze || r.last == nil {
		r.last = r.look()
	}
	out := append([]byte(nil), r.last...)
	if r.faults.WrongBaud {
		return r.noise(len(out) / 2)
	}
	if r.faults.MidFrame {
		out = append(append([]byte(nil), out[len(out)/2:]...), out...)
	}
	if r.faults.Answers {
		out = append(radar.AppendAnswer(nil, 0x01FF, []byte{0, 0, 1, 0, 0x40, 0}), out...)
	}
	if r.faults.WrongTail {
		out[len(out)-1] ^= 0xFF
	}
	if r.faults.Drop > 0 {
		kept := out[:0]
		for _, b := range out {
			if r.rnd.Float64() >= r.faults.Drop {
				kept = append(kept, b)
			}
		}
		out = kept
	}
	return out
}

// noise is what a line at another speed gives. The caller holds the lock.
func (r *Radar) noise(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(r.rnd.Uint32())
	}
	return out
}

// look makes a report; people never stand quite still. The caller holds the lock.
func (r *Radar) look() []byte {
	if r.o.Kind == radar.LD2410 {
		p := radar.Presence{Engineering: r.faults.Engineering}
		if r.people > 0 {
			p.State, p.StillAt, p.StillEnergy = radar.Still, 150+r.rnd.IntN(20), 40+r.rnd.IntN(50)
			if r.rnd.IntN(3) == 0 {
				p.State, p.MovingAt, p.MovingEnergy = radar.Moving|radar.Still, 150+r.rnd.IntN(20), 30+r.rnd.IntN(60)
			}
			p.Distance = p.StillAt
		}
		return radar.AppendPresence(nil, p)
	}
	n := min(r.people, radar.MaxTargets)
	if r.faults.Ghost {
		n = min(n+1, radar.MaxTargets)
	}
	list := radar.Targets{}
	for i := range n {
		list = append(list, radar.Target{X: (i-1)*900 + r.rnd.IntN(60), Y: 1500 + r.rnd.IntN(80), Speed: r.rnd.IntN(9) - 4, Resolution: 320})
	}
	return radar.AppendTargets(nil, list)
}
