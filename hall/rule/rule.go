// Package rule decides what in a hall's state needs a person: pure conditions over (state, description, limits, now). The
// hub's alerts, its pages and the hall's own page use the same ones. Every limit is a setting; the defaults are those of
// published practice (more than ten waiting: open a window; twenty minutes' wait: tell the manager; thirty: the county).
package rule

import (
	"time"

	"hallpulse/hall"
)

// Names of the rules. They are also the names of alert rules and keys of message catalogues.
const (
	QueueTooLong = "queue_too_long"
	WaitTooLong  = "wait_too_long"
	DeviceDown   = "device_down"
	GatewayLost  = "gateway_lost"
)

// Severities of a condition.
const (
	Attention = "attention"
	Act       = "act"
)

// Limits of a hall. A condition holds above its limit and is clear below Clear times it; in between it stays as it is.
type Limits struct {
	QueueMax      int           // people waiting in the hall
	WaitAttention time.Duration // longest wait now
	WaitAct       time.Duration
	Clear         float64 // share of a limit under which a condition is over, 0 to 1
}

// DefaultLimits gives the limits of a county that set none.
func DefaultLimits() Limits {
	return Limits{QueueMax: 10, WaitAttention: 20 * time.Minute, WaitAct: 30 * time.Minute, Clear: 0.7}
}

// WithDefaults fills in what is zero.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	if l.QueueMax <= 0 {
		l.QueueMax = d.QueueMax
	}
	if l.WaitAttention <= 0 {
		l.WaitAttention = d.WaitAttention
	}
	if l.WaitAct <= 0 {
		l.WaitAct = d.WaitAct
	}
	if l.Clear <= 0 || l.Clear > 1 {
		l.Clear = d.Clear
	}
	return l
}

// Condition is what a rule says of a subject now. One that neither holds nor is clear stays as it was.
type Condition struct {
	Rule     string
	Subject  string // device; empty: the hall
	Severity string
	Value    float64 // people, seconds, or 1
	Limit    float64
	Reason   hall.Reason
	Holds    bool
	Clear    bool
}

// Evaluate gives every condition of a hall, also those that do not hold, in a fixed order. While the hall is not heard
// (online false) only the gateway's condition is given: what is not known neither begins nor ends anything.
func Evaluate(s hall.State, desc hall.Hall, online bool, l Limits, now time.Time) []Condition {
	l = l.WithDefaults()
	out := []Condition{{Rule: GatewayLost, Severity: Act, Value: truth(!online), Limit: 1, Holds: !online, Clear: online}}
	if !online {
		return out
	}
	out = append(out, queue(s.Queue, l), wait(s.Queue, l, now))
	for _, d := range s.Devices.Devices {
		out = append(out, device(d))
	}
	return out
}

func queue(q hall.QueueState, l Limits) Condition {
	n, limit := float64(q.Waiting), float64(l.QueueMax)
	return Condition{Rule: QueueTooLong, Severity: Act, Value: n, Limit: limit, Holds: n > limit, Clear: n <= limit*l.Clear}
}

// wait holds from the lower limit on; its severity tells which limit was passed.
func wait(q hall.QueueState, l Limits, now time.Time) Condition {
	waited := Longest(q, now)
	c := Condition{Rule: WaitTooLong, Severity: Attention, Value: waited.Seconds(), Limit: l.WaitAttention.Seconds()}
	if waited > l.WaitAct {
		c.Severity, c.Limit = Act, l.WaitAct.Seconds()
	}
	c.Holds = waited > l.WaitAttention
	c.Clear = waited <= time.Duration(float64(l.WaitAttention)*l.Clear)
	return c
}

// device: down and stuck call for somebody; degraded is looked at; unknown says nothing.
func device(d hall.DeviceState) Condition {
	c := Condition{Rule: DeviceDown, Subject: string(d.ID), Severity: Attention, Limit: 1, Reason: d.Reason}
	switch d.Health {
	case hall.HealthDown, hall.HealthStuck:
		c.Value, c.Holds = 1, true
	case hall.HealthOK:
		c.Clear = true
	}
	return c
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Longest is the longest wait now (最长等候): of the tickets issued and neither called nor expired. Zero: nobody waits.
func Longest(q hall.QueueState, now time.Time) time.Duration {
	if q.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(q.Oldest))
}

// Verdict is the judgement of a hall for pages: "ok", "attention" or "act", over all and of the two figures with limits.
type Verdict struct{ Level, Waiting, Longest string }

// OK is the level of what needs nobody.
const OK = "ok"

// Judge gives a hall's verdict, worst first.
func Judge(s hall.State, desc hall.Hall, l Limits, now time.Time) Verdict {
	v := Verdict{OK, OK, OK}
	for _, c := range Evaluate(s, desc, true, l, now) {
		if !c.Holds {
			continue
		}
		switch c.Rule {
		case QueueTooLong:
			v.Waiting = c.Severity
		case WaitTooLong:
			v.Longest = c.Severity
		}
		if v.Level != Act {
			v.Level = c.Severity
		}
	}
	return v
}
