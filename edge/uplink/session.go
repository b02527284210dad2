package uplink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// errHalfOpen ends a connection on which nothing is acknowledged any more.
var errHalfOpen = errors.New("uplink: no ack though batches are out: the connection is half open")

// farewell is how long a goodbye may take.
const farewell = 500 * time.Millisecond

// session is one connection. Everything in it belongs to the goroutine of Run.
type session struct {
	u        *Uplink
	link     *link
	lanes    [2]*sender // facts, readings
	answered bool       // the county said Hello to every lane
	born     time.Time  // when the last birth was sent
	due      time.Time  // since when an ack is due; zero: none is
}

func newSession(u *Uplink, l *link) *session {
	s := &session{u: u, link: l}
	for i, lane := range []hall.Lane{hall.Facts, hall.Readings} {
		s.lanes[i] = &sender{u: u, lane: lane}
	}
	return s
}

func (s *session) close() {
	s.link.close(farewell)
	for _, l := range s.lanes {
		l.reset()
	}
}

// run speaks with the county until ctx ends (nil) or the connection fails.
func (s *session) run(ctx context.Context) error {
	if err := s.begin(); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		facts, readings := s.u.opts.Journal.Changed(hall.Facts), s.u.opts.Journal.Changed(hall.Readings)
		next, err := s.step(ctx, time.Now())
		if err != nil {
			return err
		}
		timer.Reset(max(0, time.Until(next)))
		select {
		case <-ctx.Done():
			s.goodbye()
			return nil
		case err := <-s.link.lost:
			return err
		case raw := <-s.link.acks:
			if err := s.drain(ctx, raw); err != nil {
				return err
			}
		case <-facts:
		case <-readings:
		case <-s.u.poke:
		case <-timer.C:
		}
	}
}

// begin overwrites the will and introduces the hall.
func (s *session) begin() error {
	data, err := wire.EncodeWill(wire.Will{Boot: s.u.opts.Journal.Boot(), Online: true, Sent: s.u.opts.Clock.Now().Wall})
	if err != nil {
		return err
	}
	if err := s.link.publish(wire.TopicWill(s.u.opts.Hall), true, data); err != nil {
		return err
	}
	s.u.renew()
	s.due = time.Now()
	return s.birth()
}

// birth tells the county what the hall is made of and what its journal holds.
func (s *session) birth() error {
	j := s.u.opts.Journal
	b := wire.Birth{Hall: s.u.opts.Describe(), Epoch: j.Epoch(), Boot: j.Boot(), Version: s.u.opts.Version, Sent: s.u.opts.Clock.Now().Wall}
	b.Hall.ID = s.u.opts.Hall
	for _, l := range s.lanes {
		first, last := j.Bounds(l.lane)
		b.Bounds = append(b.Bounds, wire.Bound{Lane: l.lane, First: first, Last: last})
	}
	data, err := wire.EncodeBirth(b)
	if err != nil {
		return err
	}
	s.born = time.Now()
	return s.link.publish(wire.TopicBirth(s.u.opts.Hall), true, data)
}

// goodbye says that the hall goes offline on purpose: a clean disconnect keeps the last will back.
func (s *session) goodbye() {
	data, err := wire.EncodeWill(wire.Will{Boot: s.u.opts.Journal.Boot(), Sent: s.u.opts.Clock.Now().Wall})
	if err == nil {
		s.link.goodbye(wire.TopicWill(s.u.opts.Hall), data, farewell)
	}
	s.u.setStatus(func(st *Status) { st.Connected, st.County = false, false })
}

// step sends what may be sent at now and gives when to look again.
func (s *session) step(ctx context.Context, now time.Time) (next time.Time, err error) {
	t := &s.u.times
	if !s.due.IsZero() && now.Sub(s.due) >= t.silence {
		return next, errHalfOpen
	}
	if next, err = s.sendSections(now); err != nil {
		return next, err
	}
	if !s.answered {
		if now.Sub(s.born) >= t.resend { // the county may have started after us
			if err := s.birth(); err != nil {
				return next, err
			}
		}
		next = sooner(next, s.born.Add(t.resend))
	}
	for _, l := range s.lanes {
		if !l.ready {
			continue
		}
		at, err := s.pump(ctx, l, now)
		if err != nil {
			return next, err
		}
		next = sooner(next, at)
	}
	if s.answered && s.inFlight() == 0 {
		s.due = time.Time{}
	}
	if !s.due.IsZero() {
		next = sooner(next, s.due.Add(t.silence))
	}
	if next.IsZero() {
		next = now.Add(t.silence)
	}
	return next, nil
}

// pump sends the batches of a lane that may go now and gives when to look again.
func (s *session) pump(ctx context.Context, l *sender, now time.Time) (next time.Time, err error) {
	t := &s.u.times
	if len(l.flying) > 0 && now.Sub(l.progress) >= t.resend {
		s.u.opts.Metrics.Resent(l.lane, "timeout")
		l.rewind(l.acked)
	}
	for s.room(l) {
		at, ok := l.wanted(now, t.collect)
		if !ok {
			next = sooner(next, at)
			break
		}
		b, err := l.build(ctx)
		if err != nil {
			return next, err
		}
		if b == nil {
			break
		}
		if err := s.link.publish(wire.TopicLog(s.u.opts.Hall, l.lane), false, b.data); err != nil {
			return next, err
		}
		l.flew(b, now)
		if s.due.IsZero() {
			s.due = now
		}
		s.u.opts.Metrics.Sent(l.lane, b.records, len(b.data))
	}
	if len(l.flying) > 0 {
		next = sooner(next, l.progress.Add(t.resend))
	}
	return next, nil
}

func (s *session) inFlight() int { return len(s.lanes[0].flying) + len(s.lanes[1].flying) }

// room tells whether another batch of l may fly: readings leave one place to facts.
func (s *session) room(l *sender) bool {
	most := MaxInFlight
	if l.lane == hall.Readings {
		most--
	}
	return s.inFlight() < most
}

// drain takes an ack and those that wait behind it.
func (s *session) drain(ctx context.Context, raw []byte) error {
	for {
		if err := s.ack(ctx, raw); err != nil {
			return err
		}
		select {
		case raw = <-s.link.acks:
		default:
			return nil
		}
	}
}

// ack takes one message of the county.
func (s *session) ack(ctx context.Context, raw []byte) error {
	a, err := wire.DecodeAck(raw)
	if err != nil {
		s.u.log.Warn("uplink: an ack cannot be read", "err", err)
		return nil
	}
	if a.Epoch != s.u.opts.Journal.Epoch() {
		return nil // meant for the gateway that was here before
	}
	l := s.lanes[0]
	if a.Lane == hall.Readings {
		l = s.lanes[1]
	}
	if !a.Hello && !l.ready {
		return nil // answers a connection before this one
	}
	now := time.Now()
	s.due = now // step forgets it when nothing is out
	if a.Hello {
		err = s.hello(ctx, l, a, now)
	} else {
		err = s.stored(ctx, l, a, now)
	}
	wall := s.u.opts.Clock.Now().Wall
	s.u.setStatus(func(st *Status) { st.LastAck, st.County = wall, s.answered })
	return err
}

// hello sets the clock and a lane's position: the county says what it has of this epoch.
func (s *session) hello(ctx context.Context, l *sender, a wire.Ack, now time.Time) error {
	if err := s.observe(ctx, a.Time, now.Sub(s.born)); err != nil {
		return err
	}
	if s.u.opts.Clock.Now().Mark == hall.Unsure {
		s.u.log.Error("uplink: neither the county's clock nor the hall's is right; the log waits", "county", a.Time)
		return nil
	}
	if err := l.set(a.Seq); err != nil {
		return err
	}
	l.ready = true
	if both := s.lanes[0].ready && s.lanes[1].ready; both && !s.answered {
		s.answered = true
		s.u.log.Info("uplink: connected to the county")
	}
	return nil
}

// stored moves a lane's cursor.
func (s *session) stored(ctx context.Context, l *sender, a wire.Ack, now time.Time) error {
	if a.Pause > 0 {
		s.lanes[1].paused = now.Add(min(a.Pause, s.u.times.pauseMax))
	}
	if a.Resend {
		if l.again(a.Seq, now, s.u.times.resend) {
			s.u.opts.Metrics.Resent(l.lane, "asked")
			return l.set(a.Seq)
		}
		return nil
	}
	took, err := l.stored(a.Seq, now)
	if err != nil {
		return err
	}
	s.u.opts.Metrics.Acked(l.lane, a.Seq, took)
	if took > 0 && took <= s.u.times.anchor {
		return s.observe(ctx, a.Time, took)
	}
	return nil
}

// observe lets the clock learn the county's time; a step is journalled before anything else is sent.
func (s *session) observe(ctx context.Context, hub time.Time, rtt time.Duration) error {
	var steps []hall.Fact
	if f := s.u.opts.Clock.Observe(hub, rtt); f != nil {
		steps = append(steps, *f)
		s.u.log.Info("uplink: the clock was set by the county", "by", f.Clock.Delta)
	}
	if err := s.u.keep(ctx, steps...); err != nil {
		return fmt.Errorf("uplink: a step of the clock cannot be journalled: %w", err)
	}
	return nil
}
