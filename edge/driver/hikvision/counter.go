package hikvision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var (
	_ driver.Driver = (*Counter)(nil)
	_ kind          = (*counter)(nil)
)

// Limits of a counter's resets: more of them in resetSpan than maxResets and the totals mean nothing.
const (
	maxResets = 3
	resetSpan = time.Hour
)

// CounterOptions describe a camera that counts people.
type CounterOptions struct {
	DeviceOptions
	Zone     hall.ZoneID // that one enters, or in which the line is
	Channel  int         // of a device with several; 0: every one
	Region   int         // of a channel; 0: every one
	Rule     int         // of queues; 0: every one
	Reversed bool        // mounted the other way round: who enters goes out
	Lines    bool        // it watches a line; passages are not told
}

// Counter is the driver of a counting or queue camera.
type Counter struct{ *device }

// Counter registers a counting camera and gives its driver.
func (s *Server) Counter(o CounterOptions) *Counter {
	c := &counter{co: o, totals: map[place]total{}}
	c.device = newDevice(s, o.DeviceOptions)
	c.kind = c
	return &Counter{c.device}
}

// counter takes reports of people counted.
type counter struct {
	*device
	co CounterOptions

	// Guarded by device.turn.
	restored bool
	totals   map[place]total
	lateFrom time.Time   // the first of the reports from the past, on the gateway's clock; zero: none
	resets   []time.Time // the newest, on the gateway's clock
}

func (c *counter) reached(bool) {}

func (c *counter) tend(context.Context, driver.Sink) error { return nil }

// take makes passages of a realTime report and a reading of a line. Counts of a range are never added to running totals.
func (c *counter) take(ctx context.Context, sink driver.Sink, e *Event) error {
	switch {
	case e.videoLoss():
		if e.Active {
			c.trouble(sink, codeVideoLoss, "")
		} else {
			c.well(sink, codeVideoLoss)
		}
		return nil
	case e.Heartbeat():
		return nil
	case c.co.Channel > 0 && e.Channel > 0 && e.Channel != c.co.Channel:
	case e.Queue != nil && (c.co.Rule == 0 || e.Queue.Rule == c.co.Rule):
		sink.Reading(hall.MetricQueueLength, string(c.co.Zone), float64(e.Queue.Count))
		return nil
	case e.Counting == nil || c.co.Lines || !e.Counting.RealTime:
	case c.co.Region > 0 && e.Counting.Region > 0 && e.Counting.Region != c.co.Region:
	default:
		return c.counted(ctx, sink, e)
	}
	c.count(func(st *Status) { st.Ignored++ })
	return nil
}

// counted compares a report with the one before and tells who passed between them.
func (c *counter) counted(ctx context.Context, sink driver.Sink, e *Event) error {
	c.restore()
	n := e.Counting
	is := total{enter: n.Enter, exit: n.Exit, text: n.Time}
	var err error
	if is.at, err = parseTime(n.Time, c.o.location()); err != nil {
		is.at = c.clock()
	}
	at := place{e.Channel, n.Region}
	was, known := c.totals[at]
	if e.Again || !known && len(c.totals) >= maxTotals {
		c.count(func(st *Status) { st.Late++ })
		return nil
	}
	v, err := step(was, known, is)
	if err != nil {
		c.refuse(sink, err.Error(), countRaw(at, is, v, 0))
	}
	switch {
	case v.late && !c.setBack():
		c.count(func(st *Status) { st.Late++ })
		return nil
	case v.late, v.first:
		c.totals[at], c.lateFrom = is, time.Time{}
		return nil
	case v.reset && c.flapping(sink, is.text):
		c.totals[at] = is
		return nil
	}
	c.lateFrom = time.Time{}
	return c.pass(ctx, sink, at, is, v)
}

// restore goes on where the journal ended.
func (c *counter) restore() {
	if c.restored {
		return
	}
	c.restored = true
	for at, t := range c.srv.past.take(c.o.ID) {
		t.at, _ = parseTime(t.text, c.o.location()) // zero where it cannot be read
		c.totals[at] = t
	}
}

// setBack says whether reports have come from the past for so long that it is the camera's clock that was set back. What
// passed meanwhile is not known.
func (c *counter) setBack() bool {
	now := c.srv.opts.Now()
	if c.lateFrom.IsZero() || now.Before(c.lateFrom) {
		c.lateFrom = now
	}
	return now.Sub(c.lateFrom) >= lateTime
}

// flapping notes a reset and says whether there were so many that nothing can be made of the totals: several cameras under one
// name, or a camera that starts again and again.
func (c *counter) flapping(sink driver.Sink, text string) bool {
	now := c.srv.opts.Now()
	c.count(func(st *Status) { st.Resets++; st.LastReset = text })
	c.resets = append(c.resets, now)
	for len(c.resets) > 0 && now.Sub(c.resets[0]).Abs() >= resetSpan {
		c.resets = c.resets[1:]
	}
	if len(c.resets) <= maxResets {
		c.well(sink, codeResets)
		return false
	}
	c.resets = c.resets[1:]
	c.trouble(sink, codeResets, fmt.Sprintf("more than %d in %v", maxResets, resetSpan))
	return true
}

// pass tells one passage after the other, those who entered first. The totals go on with each: what is not durable is told
// with the next report.
func (c *counter) pass(ctx context.Context, sink driver.Sink, at place, is total, v verdict) error {
	done := total{enter: is.enter - v.in, exit: is.exit - v.out, text: is.text, at: is.at}
	for k := int64(1); k <= v.in+v.out; k++ {
		direction := hall.In
		if k > v.in {
			direction = hall.Out
		}
		if c.co.Reversed {
			direction = -direction
		}
		f := hall.Fact{Kind: hall.KindPassage, Raw: countRaw(at, is, v, k), Passage: &hall.Passage{Zone: c.co.Zone, Direction: direction}}
		if err := c.tell(ctx, sink, f); err != nil {
			c.totals[at] = done
			return fmt.Errorf("hikvision: passage: %w", err)
		}
		if k <= v.in {
			done.enter++
		} else {
			done.exit++
		}
		c.count(func(st *Status) { st.Passages++ })
	}
	c.totals[at] = done
	return nil
}

// tell makes a passage durable where the camera waits for the answer; a stream is read on meanwhile.
func (c *counter) tell(ctx context.Context, sink driver.Sink, f hall.Fact) error {
	if c.o.Mode == Stream {
		return sink.Later(ctx, f, nil)
	}
	err := sink.Fact(ctx, f)
	if errors.Is(err, driver.ErrPermanent) {
		c.refuse(sink, err.Error(), f.Raw)
		return nil
	}
	return err
}
