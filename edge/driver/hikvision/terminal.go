package hikvision

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var (
	_ driver.Driver = (*Terminal)(nil)
	_ kind          = (*terminal)(nil)
)

// errNameless says that a terminal's serial number is not known yet: it must keep its events.
var errNameless = errors.New("hikvision: the terminal's serial number is not known yet")

// TerminalOptions describe an access terminal. Mode Listen without URL needs Serial.
type TerminalOptions struct {
	DeviceOptions
	Granted []int         // further minor codes of major 5 that say a person was verified
	History time.Duration // how far back the first search of stored events goes; 0: 7 days
}

// Terminal is the driver of an access terminal used for attendance: each granted verification of a known person is a punch.
type Terminal struct{ *device }

// Terminal registers an access terminal and gives its driver.
func (s *Server) Terminal(o TerminalOptions) *Terminal {
	if o.History <= 0 {
		o.History = 7 * 24 * time.Hour
	}
	t := &terminal{granted: o.Granted, history: o.History, dirty: true}
	t.device = newDevice(s, o.DeviceOptions)
	t.kind, t.lives = t, true // a search finds what was not told
	if t.bad == nil && o.URL == "" && o.Serial == "" {
		t.bad = fmt.Errorf("hikvision: a terminal without address needs its serial number: %w", driver.ErrPermanent)
	}
	return &Terminal{t.device}
}

// terminal takes access events.
type terminal struct {
	*device
	granted []int
	history time.Duration

	// Guarded by device.mu.
	last     int64     // serialNo of the newest event
	lastAt   time.Time // its time
	dirty    bool      // stored events are to be searched
	searched time.Time // when a search ended last, on the gateway's clock; zero: never
	futile   int       // searches in a row, because of a gap, that found nothing
	full     time.Time // every stored event up to this time of the device was read
}

// take makes a punch of a granted verification and counts everything else.
func (t *terminal) take(ctx context.Context, sink driver.Sink, e *Event) error {
	a := e.Access
	if a == nil {
		if !e.Heartbeat() {
			t.count(func(st *Status) { st.Ignored++ })
		}
		return nil
	}
	at, err := parseTime(a.Time, t.o.location())
	if err != nil {
		t.refuse(sink, err.Error(), a.raw())
		return nil
	}
	if t.follows(a, at) {
		t.nudge()
	}
	switch a.meaning(t.granted) {
	case personGranted:
		became, err := t.punch(ctx, sink, a, at)
		switch {
		case err != nil:
			t.missed()
		case became == fresh:
			t.well(sink, codePush)
		case became == known:
			t.count(func(st *Status) { st.Repeated++ })
		}
		return err
	case tampered, restored:
		t.opened(sink, a, at)
	case personDenied:
		t.count(func(st *Status) { st.Denied++ })
	case doorEvent:
		t.count(func(st *Status) { st.Doors++ })
	case unknownEvent:
		if a.Person != "" { // perhaps a way of verifying that is not known: a person should see it
			t.refuse(sink, "unknown minor code "+strconv.Itoa(a.Minor), a.raw())
			return nil
		}
		t.count(func(st *Status) { st.Ignored++ })
	case otherMajor:
		t.count(func(st *Status) { st.Ignored++ })
	}
	return nil
}

// follows compares an event's number with the newest one and tells whether events are missing between them. Numbers begin
// anew when a log is cleared; old events are told again with their old numbers.
func (t *terminal) follows(a *Access, at time.Time) (gap bool) {
	if a.Serial == 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.Serial <= t.last && (a.Replayed || at.Before(t.lastAt)) {
		return false
	}
	before := t.last
	if a.Front > 0 && a.Front < a.Serial { // a terminal may count by more than one
		gap = before > 0 && a.Serial > before && a.Front > before
	} else {
		gap = before > 0 && a.Serial > before+1
	}
	t.last, t.lastAt = a.Serial, at
	if gap {
		t.status.Gaps++
		t.dirty = true
	}
	return gap
}

// outcome is what became of a granted verification.
type outcome uint8

const (
	aside outcome = iota // refused, or not durable
	known
	fresh
)

// punch makes one punch durable unless it is known.
func (t *terminal) punch(ctx context.Context, sink driver.Sink, a *Access, at time.Time) (outcome, error) {
	if a.Person == "" {
		t.refuse(sink, "granted without a person number", a.raw())
		return aside, nil
	}
	serial := t.serial()
	if serial == "" {
		t.nudge()
		return aside, errNameless
	}
	p := a.punch(serial)
	p.At = at
	if t.srv.memory.has(&p) {
		return known, nil
	}
	p.Skew = t.skew()
	switch err := sink.Fact(ctx, hall.Fact{Kind: hall.KindPunch, Raw: a.raw(), Punch: &p}); {
	case errors.Is(err, driver.ErrPermanent): // it would come again for ever
		t.refuse(sink, err.Error(), a.raw())
		return aside, nil
	case err != nil:
		return aside, fmt.Errorf("%w: punch: %w", errNotStored, err)
	}
	t.srv.memory.add(&p)
	t.srv.past.punched(serial, at)
	t.count(func(st *Status) { st.Punches++ })
	return fresh, nil
}

// reached makes a search after every connect; after a stream that the device closed it may wait a while.
func (t *terminal) reached(again bool) {
	t.mu.Lock()
	t.dirty = true
	if !again {
		t.searched = time.Time{}
	}
	t.mu.Unlock()
	t.nudge()
}

// missed makes a search bring back what was not durable.
func (t *terminal) missed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty = true
}

// opened notes that the terminal's case was opened, or closed again. What happened days ago is history.
func (t *terminal) opened(sink driver.Sink, a *Access, at time.Time) {
	t.count(func(st *Status) { st.Ignored++ })
	switch {
	case t.clock().Sub(at) > tamperAge:
	case a.meaning(nil) == tampered:
		t.trouble(sink, codeTamper, a.Time)
	default:
		t.well(sink, codeTamper)
	}
}
