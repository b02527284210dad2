package modbusdisplay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/modbus"
	"hallpulse/hall"
)

// Limits of the master.
const (
	maxRest     = 10 * time.Second        // between two questions to a display that is silent
	readingTime = 10 * time.Second        // between two readings of how long answers take
	leastGap    = 1750 * time.Microsecond // from 19200 baud (serial line V1.02, 2.5.1.1)
	charBits    = 11
	keepChunks  = 64
)

// screen is one display that is polled.
type screen struct {
	address byte
	due     time.Time
	rest    time.Duration // while it is silent
	restart bool          // it may have started anew since its number was read last
	own     bool          // it was said that it shows its own address
}

// master asks the displays of a bus, one after the other.
type master struct {
	d       *Driver
	port    driver.Port
	out     driver.Sink
	health  *health
	chunks  <-chan []byte
	screens []*screen
	slowest time.Duration
	reading time.Time
}

// poll asks until ctx ends, the line fails or a call is not taken. The line is read by a goroutine of its own: a read cannot be
// ended when an answer is overdue.
func (d *Driver) poll(ctx context.Context, p driver.Port, out driver.Sink) error {
	if len(d.o.Addresses) == 0 {
		return fmt.Errorf("no addresses to poll: %w", driver.ErrPermanent)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan []byte, keepChunks)
	ended := make(chan error, 1)
	go func() {
		defer close(chunks)
		ended <- driver.Listen(ctx, p, func(chunk []byte) error {
			select {
			case chunks <- append([]byte(nil), chunk...):
			case <-ctx.Done():
			}
			return nil
		})
	}()
	m := &master{d: d, port: p, out: out, health: newHealth(out), chunks: chunks, reading: time.Now()}
	for _, a := range d.o.Addresses {
		m.screens = append(m.screens, &screen{address: a, restart: true})
	}
	err := m.run(ctx)
	cancel()
	return errors.Join(err, <-ended)
}

// run gives nil when ctx ends or the line is gone.
func (m *master) run(ctx context.Context) error {
	for {
		s := m.next()
		if !m.pause(ctx, time.Until(s.due)) {
			return nil
		}
		if err := m.ask(ctx, s); err != nil {
			return err
		}
	}
}

// next gives the display whose turn it is.
func (m *master) next() *screen {
	first := m.screens[0]
	for _, s := range m.screens {
		if s.due.Before(first.due) {
			first = s
		}
	}
	return first
}

// pause waits at least d and until the line is silent for the gap between frames; a line that is never silent does not hold it
// up for long. What comes unasked is refused. It gives false when there is nothing to wait for any more.
func (m *master) pause(ctx context.Context, d time.Duration) bool {
	gap := max(m.d.o.Gap, leastGap, m.d.takes(7)/2) // 3.5 characters
	due := time.Now().Add(max(d, gap))
	latest := due.Add(m.d.o.Timeout)
	wait := time.NewTimer(time.Until(due))
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-wait.C:
			return true
		case chunk, ok := <-m.chunks:
			if !ok {
				return false
			}
			m.refuse("nobody asked for this", chunk)
			if quiet := time.Now().Add(gap); quiet.After(due) {
				due = quiet
			}
			if due.After(latest) {
				due = latest
			}
			wait.Reset(time.Until(due))
		}
	}
}

// refuse cuts long noise into pieces.
func (m *master) refuse(reason string, raw []byte) {
	for len(raw) > 0 {
		n := min(len(raw), modbus.MaxNoise)
		m.out.Refused(reason, raw[:n])
		raw = raw[n:]
	}
}

// takes gives how long n characters are on the line.
func (d *Driver) takes(n int) time.Duration {
	return time.Duration(n*charBits) * time.Second / time.Duration(d.o.Baud)
}

// ask reads one display and plans when it is read again. A question changes nothing: it may be repeated.
func (m *master) ask(ctx context.Context, s *screen) error {
	begin := time.Now()
	place := m.d.o.Place
	q := modbus.Read(s.address, place.Function, place.Register, place.Count)
	tries := 1 + m.d.o.Retries
	if m.health.silent(s.address) {
		tries = 1
	}
	for try := 1; ; try++ {
		r, frame, err := m.exchange(ctx, q)
		switch {
		case err == nil:
			m.took(time.Since(begin))
			s.rest, s.due = 0, begin.Add(m.d.o.Interval)
			return m.answer(ctx, s, r, frame)
		case ctx.Err() != nil:
			return nil
		case !errors.Is(err, modbus.ErrSilent) && !errors.Is(err, modbus.ErrGarbled):
			return err
		case try == tries:
			m.missed(s, begin, errors.Is(err, modbus.ErrGarbled))
			return nil
		case !m.pause(ctx, 0):
			return nil
		}
	}
}

// missed plans when a display that did not answer is asked again: ever more rarely once it is silent.
func (m *master) missed(s *screen, begin time.Time, garbled bool) {
	m.health.missed(s.address, garbled)
	s.restart = true
	if m.health.silent(s.address) {
		s.rest = min(max(2*s.rest, m.d.o.Interval), max(maxRest, m.d.o.Interval))
	} else {
		s.rest = m.d.o.Interval
	}
	s.due = begin.Add(s.rest)
}

// answer tells what a display shows.
func (m *master) answer(ctx context.Context, s *screen, r modbus.Reply, frame []byte) error {
	m.health.answered(s.address, r.Exception)
	if r.Exception != 0 {
		return nil
	}
	text, err := m.d.o.Place.text(r.Data)
	if err != nil {
		m.out.Refused(err.Error(), frame)
		return nil
	}
	switch {
	case text == "":
		s.restart, s.own = true, false
		return nil
	case s.restart && m.d.o.Place.own(text, s.address):
		if !s.own {
			m.out.Refused("it shows its own address, as after a restart", frame)
		}
		s.own = true
		return nil
	}
	s.restart, s.own = false, false
	return m.d.o.Calls.Show(ctx, int(s.address), text, frame, m.out)
}

// took notes how long an answer took and tells the slowest of some time.
func (m *master) took(d time.Duration) {
	m.slowest = max(m.slowest, d)
	if now := time.Now(); now.Sub(m.reading) >= readingTime {
		m.out.Reading(hall.MetricReadSeconds, "", m.slowest.Seconds())
		m.reading, m.slowest = now, 0
	}
}
