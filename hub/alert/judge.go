package alert

import (
	"crypto/rand"
	"encoding/hex"
	"math"
	"slices"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/rule"
	"hallpulse/hub/live"
)

// step is a change of an incident on its way into the store.
type step struct {
	key    subject
	next   Incident
	notify bool
}

// judge gives the changes that a view brings; nothing is changed yet. The caller holds the lock.
func (e *Engine) judge(v live.View, now time.Time) []step {
	switch v.Link {
	case live.LinkOnline:
		return append(e.conditions(v, now), e.removed(v, now)...)
	case live.LinkLost:
		return e.conditions(v, now)
	case live.LinkRetired:
		return e.retired(v.Desc.ID, now)
	}
	return nil // late or not heard yet: no news is no news
}

// conditions judges what holds and what is over.
func (e *Engine) conditions(v live.View, now time.Time) (out []step) {
	lost := v.Link == live.LinkLost
	for _, c := range rule.Evaluate(v.State, v.Desc, !lost, e.opts.Limits, now) {
		key := subject{v.Desc.ID, Rule(c.Rule), c.Subject}
		if !told(v, key.rule) {
			continue
		}
		if next, notify, ok := e.next(e.open[key], key, c, e.begun(v, key.rule, now), now); ok {
			next.Suppressed = false // conditions of devices are judged only while their gateway is heard
			out = append(out, step{key, next, notify})
		}
	}
	for key, i := range e.open {
		judged := slices.ContainsFunc(out, func(s step) bool { return s.key == key })
		if key.hall == v.Desc.ID && key.rule == DeviceDown && i.Suppressed != lost && !judged {
			next := *i
			next.Suppressed = lost
			out = append(out, step{key, next, false})
		}
	}
	return out
}

// begun gives since when a condition that is seen now holds: a gateway is gone since its last word, as far as this program was
// there to hear it.
func (e *Engine) begun(v live.View, r Rule, now time.Time) time.Time {
	if r != GatewayLost || v.Heard.IsZero() || v.Heard.After(now) {
		return now
	}
	if v.Heard.Before(e.started) {
		return e.started
	}
	return v.Heard
}

// told says whether the hall has said what a rule looks at since this program began to listen. A gateway that comes back
// says that it is there before it says how long its queue is: that queue is not known, not empty.
func told(v live.View, r Rule) bool {
	if r != QueueTooLong && r != WaitTooLong {
		return true
	}
	_, ok := v.Sections[hall.SectionQueue]
	return ok
}

// removed ends the incidents of devices that a hall does not have any more: nobody will say that they work again.
func (e *Engine) removed(v live.View, now time.Time) (out []step) {
	if _, ok := v.Sections[hall.SectionDevices]; !ok {
		return nil
	}
	has := func(id string) bool {
		return slices.ContainsFunc(v.Desc.Devices, func(d hall.Device) bool { return string(d.ID) == id }) ||
			slices.ContainsFunc(v.State.Devices.Devices, func(d hall.DeviceState) bool { return string(d.ID) == id })
	}
	for key, i := range e.open {
		if key.hall == v.Desc.ID && key.rule == DeviceDown && !has(key.of) {
			out = append(out, over(key, *i, EndedRemoved, now))
		}
	}
	return out
}

// retired ends every incident of a hall that nobody waits for any more.
func (e *Engine) retired(id hall.HallID, now time.Time) (out []step) {
	for key, i := range e.open {
		if key.hall == id {
			out = append(out, over(key, *i, EndedRetired, now))
		}
	}
	return out
}

func over(key subject, i Incident, why string, now time.Time) step {
	i.Status, i.ResolvedAt, i.Ended, i.Suppressed = Resolved, now, why, false
	return step{key, i, true}
}

// next is the life of an incident: what the condition c, which holds since begun, makes of i (nil: none is open).
func (e *Engine) next(i *Incident, key subject, c rule.Condition, begun, now time.Time) (next Incident, notify, changed bool) {
	if i == nil {
		if !c.Holds {
			return Incident{}, false, false
		}
		next = Incident{ID: newID(), Hall: key.hall, Rule: key.rule, Subject: key.of, Status: Pending, Since: begun}
	} else {
		next = *i
	}
	before := next
	next.Value = c.Value
	if c.Holds {
		next.Limit, next.Severity, next.Reason = c.Limit, c.Severity, c.Reason
		next.Peak = max(next.Peak, c.Value)
	}
	switch {
	case next.Status == Pending && !c.Holds:
		next.Status, next.ResolvedAt = Resolved, now // it never fired: forgotten without a word
	case next.Status == Pending && now.Sub(next.Since) >= e.opts.For[key.rule]:
		next.Status, next.FiredAt, notify = Firing, now, true
	case c.Clear && (next.Status == Firing || next.Status == Acknowledged):
		next.Status, next.ResolvedAt, notify = Resolved, now, true
	}
	quiet := i != nil && next.Status == before.Status && next.Severity == before.Severity && next.Reason == before.Reason && !moved(before, next)
	return next, notify, !quiet
}

// moved says whether a value changed enough to be worth writing down: not for every second of a growing wait.
func moved(a, b Incident) bool {
	if b.Rule == WaitTooLong {
		return math.Abs(b.Value-a.Value) >= 60
	}
	return a.Value != b.Value
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}
