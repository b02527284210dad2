package attendance

import (
	"net/netip"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// twins notices two terminals with one serial number: each address is one of two that call in turn. It reads no clock.
type twins struct {
	now, before netip.Addr
	changes     [3]time.Time // of the address, newest first
}

// call notes an address and says whether there are two.
func (w *twins) call(from netip.Addr, at time.Time) bool {
	if from != w.now {
		if from != w.before { // it moved, or is new
			w.changes = [3]time.Time{}
		}
		w.before, w.now = w.now, from
		w.changes = [3]time.Time{at, w.changes[0], w.changes[1]}
	}
	oldest := w.changes[2]
	return !oldest.IsZero() && at.Sub(w.changes[0]) < twinTime && w.changes[0].Sub(oldest) < 2*twinTime
}

// troubles is what is wrong with a terminal that lives. It is guarded by the terminal's lock.
type troubles struct {
	opened  string    // time of the alarm that its case was opened; empty: none
	changed time.Time // of the newest alarm, or its end, on the terminal's clock
	twice   string    // the two addresses; empty: one
	told    bool      // the sink holds it degraded
}

// alarm takes an operation of the audit log. An old one is told again with the others and says nothing of now.
func (x *troubles) alarm(o *Operation, now time.Time) {
	reason, ok := o.alarm()
	if !ok || o.Time.Before(x.changed) || now.Sub(o.Time) > tamperAge {
		return
	}
	switch {
	case reason == alarmOpened && o.Time.After(x.changed):
		x.opened, x.changed = o.Text, o.Time
	case reason == alarmCancelled:
		x.opened, x.changed = "", o.Time
	}
}

// worst gives what is told first.
func (t *Terminal) worst() (why hall.Reason, ok bool) {
	switch {
	case t.troubles.opened != "":
		return hall.Reason{Code: "tamper", Detail: t.troubles.opened}, true
	case t.troubles.twice != "":
		return hall.Reason{Code: "serial_twice", Detail: t.troubles.twice}, true
	case t.clock.bad():
		return t.clock.reason(), true
	}
	return hall.Reason{}, false
}

// tell brings the sink to what is true; the caller holds the lock.
func (t *Terminal) tell(sink driver.Sink) {
	why, bad := t.worst()
	switch {
	case sink == nil:
	case bad:
		sink.Degraded(false, why)
		t.troubles.told = true
	case t.troubles.told:
		sink.Healthy()
		t.troubles.told = false
	}
}

// Acknowledge ends the alarm that the terminal's case was opened, once somebody has looked at it: few terminals tell that it
// was closed.
func (s *Server) Acknowledge(serial string) error {
	t := s.terminal(serial)
	if t == nil {
		return ErrUnknownTerminal
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles.opened = ""
	t.tell(t.sink)
	return nil
}
