package hall

import "time"

// DeviceEntry is a change of a device's health as the book has it.
type DeviceEntry struct {
	Seq    uint64    `json:"seq"`
	Device DeviceID  `json:"device"`
	From   Health    `json:"from"`
	To     Health    `json:"to"`
	Reason Reason    `json:"reason"`
	At     time.Time `json:"at"`
	Mark   Mark      `json:"mark,omitempty"`
}

// Uptime is how long a device was in each state.
type Uptime struct {
	OK       time.Duration `json:"ok"`
	Degraded time.Duration `json:"degraded"`
	Stuck    time.Duration `json:"stuck"`
	Down     time.Duration `json:"down"`
	Unknown  time.Duration `json:"unknown"` // nobody knows: the gateway was away, or the device had not shown itself
}

// Add sums the times of several devices, days or halls.
func (u *Uptime) Add(o Uptime) {
	u.OK += o.OK
	u.Degraded += o.Degraded
	u.Stuck += o.Stuck
	u.Down += o.Down
	u.Unknown += o.Unknown
}

// Known is the time of which something is known.
func (u Uptime) Known() time.Duration { return u.OK + u.Degraded + u.Stuck + u.Down }

// Share is the part of the known time in which the device worked (设备在线率): ok or degraded. ok is false when nothing is known.
func (u Uptime) Share() (share float64, ok bool) {
	known := u.Known()
	if known <= 0 {
		return 0, false
	}
	return float64(u.OK+u.Degraded) / float64(known), true
}

func (u *Uptime) in(h Health, d time.Duration) {
	switch h {
	case HealthOK:
		u.OK += d
	case HealthDegraded:
		u.Degraded += d
	case HealthStuck:
		u.Stuck += d
	case HealthDown:
		u.Down += d
	case HealthUnknown:
		u.Unknown += d
	}
}

// UptimeOf gives how long a device was in each state within spans. changes are those of the device in order of time, the one
// in force at the beginning included; nothing is known before the first. In a gap nothing is known either, and after it not
// until the device's health is told again: a gateway that starts knows nothing. Nothing is known after until.
func UptimeOf(changes []DeviceEntry, gaps []Gap, spans []Span, until time.Time) Uptime {
	type turn struct {
		at time.Time
		to Health
	}
	turns := make([]turn, 0, len(changes)+len(gaps)+1)
	g := 0
	for _, c := range changes {
		for ; g < len(gaps) && !gaps[g].From.After(c.At); g++ {
			turns = append(turns, turn{gaps[g].From, HealthUnknown})
		}
		turns = append(turns, turn{c.At, c.To})
	}
	for ; g < len(gaps); g++ {
		turns = append(turns, turn{gaps[g].From, HealthUnknown})
	}
	var u Uptime
	for _, s := range spans {
		at, health := s.From, HealthUnknown
		for _, t := range turns {
			if t.at.After(s.From) {
				end := t.at
				if end.After(s.To) {
					break
				}
				u.known(health, at, end, until)
				at = end
			}
			health = t.to
		}
		u.known(health, at, s.To, until)
	}
	return u
}

// known books a stretch; what lies after until is unknown.
func (u *Uptime) known(h Health, from, to, until time.Time) {
	if to.After(until) {
		start := from
		if until.After(start) {
			start = until
		}
		u.Unknown += to.Sub(start)
		to = start
	}
	if from.Before(to) {
		u.in(h, to.Sub(from))
	}
}
