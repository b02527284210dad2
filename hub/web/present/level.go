package present

import (
	"time"

	"hallpulse/hall"
	"hallpulse/hall/rule"
	"hallpulse/hub/live"
)

// Level says how much something needs a person. Its name is its style class and its word's key.
type Level string

// The levels.
const (
	OK        Level = "ok"
	Unknown   Level = "unknown"
	Attention Level = "attention"
	Act       Level = "act"
)

// Rank orders levels, worst first: what is not known comes before what only wants watching.
func (l Level) Rank() int {
	switch l {
	case Act:
		return 0
	case Unknown:
		return 1
	case Attention:
		return 2
	}
	return 3
}

// Worse gives the worse of two.
func Worse(a, b Level) Level {
	if a.Rank() <= b.Rank() {
		return a
	}
	return b
}

// HealthLevel is the level of a device's health.
func HealthLevel(h hall.Health) Level {
	switch h {
	case hall.HealthOK:
		return OK
	case hall.HealthDegraded:
		return Attention
	case hall.HealthStuck, hall.HealthDown:
		return Act
	}
	return Unknown
}

// Abnormal says whether a device counts among 设备异常: it is known not to work as it should.
func Abnormal(h hall.Health) bool {
	return h == hall.HealthDegraded || h == hall.HealthStuck || h == hall.HealthDown
}

// Verdict is a judgement of a hall: over all, and of the two figures that have limits.
type Verdict struct {
	Level   Level // worst of everything
	Waiting Level
	Longest Level
}

// Judge judges a hall's state at an instant by the county's limits.
type Judge func(s hall.State, desc hall.Hall, now time.Time) Verdict

// ByLimits judges by the rules that also make alerts.
func ByLimits(l rule.Limits) Judge {
	return func(s hall.State, desc hall.Hall, now time.Time) Verdict {
		v := rule.Judge(s, desc, l, now)
		return Verdict{levelOf(v.Level), levelOf(v.Waiting), levelOf(v.Longest)}
	}
}

func levelOf(word string) Level {
	switch word {
	case rule.Act:
		return Act
	case rule.Attention:
		return Attention
	}
	return OK
}

// Verdict of a view: what is not heard is not judged.
func (p *Presenter) Verdict(v live.View, now time.Time) Verdict {
	if !heard(v.Link) {
		return Verdict{Unknown, OK, OK}
	}
	verdict := p.judge(v.State, v.Desc, waitsAt(&v, now))
	for _, d := range v.State.Devices.Devices {
		if d.Health == hall.HealthDegraded { // calls for nobody by a rule, but a hall that it is counted in is not all right
			verdict.Level = Worse(verdict.Level, Attention)
		}
	}
	return verdict
}

// heard says whether something is heard of a hall now, on time or late.
func heard(l live.Link) bool { return l == live.LinkOnline || l == live.LinkLate }
