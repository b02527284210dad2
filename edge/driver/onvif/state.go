package onvif

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// state is what a camera has said in this Run, and the totals that outlive it.
type state struct {
	o      *Options
	out    driver.Sink
	mood   *mood
	motion map[string]bool // by topic and source
	inputs map[string]bool // by token
	totals map[string]total
}

// total is how far a counting rule was.
type total struct {
	n  int64
	at time.Time // by the camera; zero: not known
	// late is when values that are smaller and older began to come, on the gateway's clock; zero: they do not.
	late time.Time
}

// take makes of a notification what it means; an error is the end of the Run, a refusal is not.
func (s *state) take(ctx context.Context, n *notification) error {
	e, err := n.understand()
	if err == nil {
		switch meaning, code := mean(e.topic); meaning {
		case motion:
			err = s.flag(s.motion, e.topic+" "+e.source, &e)
		case input:
			err = s.flag(s.inputs, e.source, &e)
		case trouble:
			err = s.trouble(code, &e)
		case counter:
			return s.count(ctx, &e)
		}
	}
	if err != nil {
		s.out.Refused(err.Error(), sample(e.raw()))
	}
	return nil
}

// flag notes a state that is true or false. Initialized is the state as it is: a reading, and no event.
func (s *state) flag(list map[string]bool, key string, e *event) error {
	if e.change == deleted {
		delete(list, key)
		return nil
	}
	on, err := e.truth()
	if err != nil {
		return err
	}
	if _, known := list[key]; !known && len(list) >= maxStates {
		return fmt.Errorf("%w: more than %d sources", errEvent, maxStates)
	}
	list[key] = on
	return nil
}

// read gives every state that is known. A state that the camera has not told yet, or not since the connection was lost, is not
// known and not given.
func (s *state) read() {
	if len(s.motion) > 0 {
		any := slices.Contains(slices.Collect(maps.Values(s.motion)), true)
		s.out.Reading(hall.MetricMotion, string(s.o.Zone), number(any))
	}
	for token, active := range s.inputs {
		s.out.Reading(hall.MetricOpen, token, number(active != s.o.InputsClosed))
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// trouble notes what the camera says is wrong, or its end. What is told as an event without an end is believed for a while.
func (s *state) trouble(code string, e *event) error {
	if slices.Contains(s.o.Ignore, code) {
		return nil
	}
	bad := false
	if e.change != deleted {
		var err error
		if bad, err = e.truth(); err != nil {
			return err
		}
	}
	if !bad {
		s.mood.clear(code, e.source)
		return nil
	}
	w := wrong{detail: "the camera says so"}
	if e.change == pulse {
		w.until = s.o.Now().Add(pulseTime)
	}
	s.mood.set(code, e.source, w)
	return nil
}

// count tells who passed since the running value was told last. A value that fell began anew; an older one that comes late, or
// the first one, tells nobody.
func (s *state) count(ctx context.Context, e *event) error {
	direction, ok := s.o.Counters[e.rule]
	if !ok || e.change == deleted {
		return nil
	}
	n, err := e.count()
	if err != nil {
		s.out.Refused(err.Error(), sample(e.raw()))
		return nil
	}
	key := e.topic + " " + e.source
	was, known := s.totals[key]
	passed := n - was.n
	switch {
	case !known && len(s.totals) >= maxTotals:
		s.out.Refused(fmt.Sprintf("more than %d counters", maxTotals), sample(e.raw()))
		return nil
	case !known:
		passed = 0
	case passed < 0 && e.at.Before(was.at) && !e.at.IsZero():
		s.late(key, was, total{n: n, at: e.at}, e)
		return nil
	case passed < 0:
		passed = n
	}
	if passed > maxStep {
		s.out.Refused(fmt.Sprintf("counter jumped by %d, at most %d", passed, maxStep), sample(e.raw()))
		s.mood.set(CodeCounter, e.rule, wrong{detail: fmt.Sprintf("jumped by %d", passed), until: s.o.Now().Add(pulseTime)})
		passed = 0
	}
	return s.pass(ctx, e, key, direction, n, passed)
}

// late takes a value that is smaller and older than the one before: it comes late and means nothing, or, when they go on for
// lateTime, the camera's clock was set back while its values began anew. Who passed meanwhile is not known.
func (s *state) late(key string, was, is total, e *event) {
	now := s.o.Now()
	if was.late.IsZero() || now.Before(was.late) {
		was.late = now
	}
	if now.Sub(was.late) < lateTime {
		s.totals[key] = was
		return
	}
	s.totals[key] = is
	s.mood.set(CodeCounter, e.rule, wrong{detail: "counter and clock were set back", until: now.Add(pulseTime)})
}

// pass tells one passage after the other. The total goes on with each: what the sink did not take is told with the next report.
func (s *state) pass(ctx context.Context, e *event, key string, direction hall.Direction, n, passed int64) error {
	for k := range passed {
		f := hall.Fact{Kind: hall.KindPassage, Passage: &hall.Passage{Zone: s.o.Zone, Direction: direction},
			Raw: fmt.Appendf(e.raw(), " taken=%d number=%d", passed, k+1)}
		if err := s.out.Later(ctx, f, nil); err != nil {
			s.totals[key] = total{n: n - passed + k, at: e.at}
			return fmt.Errorf("onvif: passage: %w", err)
		}
	}
	s.totals[key] = total{n: n, at: e.at}
	return nil
}
