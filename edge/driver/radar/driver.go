// Package radar reads millimetre-wave radars on a serial line: HLK-LD2410, which tells whether somebody is in front of it, also
// sitting still, and HLK-LD2450, which tells up to three people apart.
//
// An LD2450 is no counter of a crowd: it sees three people at most, takes two within half a metre for one, and now and then a
// fan or a curtain for a third. Its number is good for a desk or the head of a line, and is given as what it is: a count of
// its own small zone. An LD2410 sees what moves, also behind a thin wall, and takes a plant before a fan for somebody who sits.
//
// Both speak 256000 baud unless they were told otherwise; at another speed nothing is understood, so that the radar is silent, and
// what is refused says why. An LD2410 whose engineering mode was left on tells more, of which the same is used. LD2410S and
// LD2420 speak other protocols.
package radar

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/radar"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// Times of the driver.
const (
	silence   = 3 * time.Second  // ten reports a second come
	babble    = 20               // refusals a minute: a good line has none, and at a wrong speed a few hundred bytes a second are noise
	tellEvery = 10 * time.Second // a value that does not change is told this often
	frozen    = time.Minute      // distances and energies tremble: the same report for this long is none
	steady    = time.Second      // people come and go slower than a radar's opinion
)

// Options of a radar.
type Options struct {
	Port driver.PortOpener // 256000 baud, 8N1
	Kind radar.Kind
	Zone hall.ZoneID
}

// Driver reads one radar.
type Driver struct{ o Options }

// New prepares a driver; it opens nothing.
func New(o Options) *Driver { return &Driver{o} }

// Expect says how a radar shows that it lives.
func (d *Driver) Expect() driver.Expect { return driver.Expect{Silence: silence, Babble: babble} }

// Run reads the line until ctx ends or the line fails.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	p, err := d.o.Port.OpenPort()
	if err != nil {
		return fmt.Errorf("radar: %w", err)
	}
	defer func() { _ = p.Close() }()
	out.Opened()
	r := &run{out: out, zone: string(d.o.Zone)}
	dec := radar.NewDecoder(d.o.Kind)
	err = driver.Listen(ctx, p, func(chunk []byte) error {
		dec.Feed(chunk, func(rep radar.Report) { r.report(rep, time.Now()) }, out.Refused)
		return nil
	})
	if err != nil {
		return fmt.Errorf("radar: %w", err)
	}
	return nil
}

// run is what is known since the line was opened.
type run struct {
	out  driver.Sink
	zone string

	last      []byte // report
	changed   time.Time
	stuck     bool
	candidate value
	since     time.Time // of the candidate
	told      value
	toldAt    time.Time
}

// value is what is told of the zone.
type value struct {
	known, there bool
	people       int // -1: the radar does not count
}

func (r *run) report(rep radar.Report, now time.Time) {
	r.out.Seen()
	v := value{known: true, people: -1}
	if rep.Presence != nil {
		v.there = rep.Presence.State != 0
	} else {
		v.people = len(rep.Targets)
		v.there = v.people > 0
	}
	if r.watch(rep.Raw, v.there, now); r.stuck {
		return // what it says is not now
	}
	if v != r.candidate {
		r.candidate, r.since = v, now
	}
	if now.Sub(r.since) < steady && r.told.known || v == r.told && now.Sub(r.toldAt) < tellEvery {
		return
	}
	r.told, r.toldAt = v, now
	truth := 0.0
	if v.there {
		truth = 1
	}
	r.out.Reading(hall.MetricPresence, r.zone, truth)
	if v.people >= 0 {
		r.out.Reading(hall.MetricCounted, r.zone, float64(v.people))
	}
}

// watch notices a radar that says the same word for ever. Where nobody is there is nothing that could tremble.
func (r *run) watch(raw []byte, there bool, now time.Time) {
	if !bytes.Equal(raw, r.last) || !there {
		r.last, r.changed = append(r.last[:0], raw...), now
		if r.stuck {
			r.stuck = false
			r.out.Healthy()
		}
		return
	}
	if !r.stuck && now.Sub(r.changed) >= frozen {
		r.stuck = true
		r.out.Degraded(true, hall.Reason{Code: "frozen", Detail: frozen.String()})
	}
}
