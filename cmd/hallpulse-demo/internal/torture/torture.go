// Package torture runs a county of real processes under faults and then holds every physical event of the simulated
// equipment against what the hub stored. The equipment lives in this process and outlives every gateway.
package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/county"
	"hallpulse/cmd/hallpulse/reconcile"
)

// Options of a torture run.
type Options struct {
	Dir   string // folder for everything; each scenario has its own below it
	Halls int
	Seed  uint64
	Short bool // for continuous integration: the same faults, shorter
	Out   io.Writer
}

// scenario is one kind of fault, applied while people use the hall's equipment.
type scenario struct {
	name  string
	about string
	world county.World
	fault func(ctx context.Context, r *run) error
}

func scenarios() []scenario {
	return []scenario{
		{"calm", "nothing fails", county.World{}, calm},
		{"kill", "hub and gateways are killed with -9 at random and started again", county.World{}, kill},
		{"half-open", "packets vanish on every link, no connection is closed", county.World{}, halfOpen},
		{"disk-full", "the hub's disk is full for a while", county.World{SmallDisk: true}, diskFull},
		{"clock", "gateways start in 1970, without the county, and jump to now", county.World{WrongClock: true}, wrongClock},
	}
}

// Names lists the scenarios.
func Names() (out []string) {
	for _, s := range scenarios() {
		out = append(out, s.name)
	}
	return out
}

// Run runs the named scenarios ("all": every one) and fails unless each ends with nothing missing, doubled or altered.
func Run(ctx context.Context, names []string, o Options) error {
	var failed []string
	for _, s := range scenarios() {
		if !slices.Contains(names, s.name) && !slices.Contains(names, "all") {
			continue
		}
		ok, err := one(ctx, s, o)
		if errors.Is(err, county.ErrNoDisk) && len(names) == 1 && names[0] == "all" {
			_, _ = fmt.Fprintf(o.Out, "%s is not run: %v\n", s.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("torture: %s: %w", s.name, err)
		}
		if !ok {
			failed = append(failed, s.name)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("torture: failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

// run is a county under torture.
type run struct {
	Options
	*fleet
	rnd *rand.Rand
}

// long gives a duration, shortened where only the kind of fault matters.
func (r *run) long(d, short time.Duration) time.Duration {
	if r.Short {
		return short
	}
	return d
}

func one(ctx context.Context, s scenario, o Options) (ok bool, err error) {
	_, _ = fmt.Fprintf(o.Out, "== %s: %s\n", s.name, s.about)
	dir := filepath.Join(o.Dir, s.name)
	if err := os.RemoveAll(dir); err != nil {
		return false, err
	}
	f, err := newFleet(ctx, dir, o, s.world)
	if err != nil {
		return false, err
	}
	r := &run{Options: o, fleet: f, rnd: rand.New(rand.NewPCG(o.Seed, 99))}
	err = r.play(ctx, s)
	if err = errors.Join(err, f.close()); err != nil {
		return false, err
	}
	res, err := reconcile.Folder(ctx, dir)
	if err != nil {
		return false, err
	}
	return res.OK(), res.Print(o.Out)
}

// play starts everything, lets the fault happen, ends the day in the halls and waits until the county has every record.
func (r *run) play(ctx context.Context, s scenario) error {
	if err := r.start(ctx, !s.world.WrongClock); err != nil {
		return err
	}
	if err := s.fault(ctx, r); err != nil {
		return err
	}
	r.county.EndOfDay()
	return r.settle(ctx)
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func calm(ctx context.Context, r *run) error {
	return pause(ctx, r.long(40*time.Second, 15*time.Second))
}

// kill ends a random program every two seconds or so and starts it again a moment later.
func kill(ctx context.Context, r *run) error {
	if err := pause(ctx, 3*time.Second); err != nil {
		return err
	}
	end := time.Now().Add(r.long(2*time.Minute, 25*time.Second))
	kills := 0
	for time.Now().Before(end) {
		dead := time.Duration(200+r.rnd.IntN(2500)) * time.Millisecond
		if i := r.rnd.IntN(len(r.edges) + 1); i == len(r.edges) {
			if err := r.bounceHub(ctx, dead); err != nil {
				return err
			}
		} else if err := r.bounceEdge(ctx, i, dead); err != nil {
			return err
		}
		kills++
		if err := pause(ctx, time.Duration(500+r.rnd.IntN(2500))*time.Millisecond); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(r.Out, "%d kills\n", kills)
	return nil
}

// halfOpen lets every packet vanish; connections that were open stay dead when packets pass again.
func halfOpen(ctx context.Context, r *run) error {
	if err := pause(ctx, 5*time.Second); err != nil {
		return err
	}
	r.vanish(true)
	err := pause(ctx, r.long(time.Minute, 25*time.Second))
	r.vanish(false)
	return errors.Join(err, pause(ctx, 5*time.Second))
}

// diskFull fills the hub's disk to the last byte and empties it again.
func diskFull(ctx context.Context, r *run) error {
	if err := pause(ctx, 8*time.Second); err != nil {
		return err
	}
	filler := filepath.Join(r.county.HubDir(), "filler")
	n, err := fill(filler)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(r.Out, "disk filled with %d MiB\n", n>>20)
	err = pause(ctx, r.long(30*time.Second, 12*time.Second))
	if rm := os.Remove(filler); rm != nil {
		return errors.Join(err, rm)
	}
	return errors.Join(err, pause(ctx, 5*time.Second))
}

// wrongClock lets gateways begin in 1970 with the county away; half of them are killed once before anything told them the
// time. Then their clocks jump, and the county comes.
func wrongClock(ctx context.Context, r *run) error {
	if err := pause(ctx, r.long(20*time.Second, 8*time.Second)); err != nil {
		return err
	}
	for i := range r.edges {
		if i%2 == 0 {
			if err := r.bounceEdge(ctx, i, 500*time.Millisecond); err != nil {
				return err
			}
		}
	}
	if err := pause(ctx, r.long(20*time.Second, 8*time.Second)); err != nil {
		return err
	}
	if err := r.startHub(ctx); err != nil {
		return err
	}
	return pause(ctx, r.long(30*time.Second, 10*time.Second))
}

// fill writes a file until the disk is full and gives its size.
func fill(path string) (n int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	block := make([]byte, 64<<10)
	for err == nil {
		var w int
		w, err = f.Write(block)
		n += int64(w)
		if err != nil && len(block) > 1 {
			block, err = block[:len(block)/2], nil
		}
	}
	return n, f.Close()
}
