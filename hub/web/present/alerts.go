package present

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"hallpulse/hub/alert"
	"hallpulse/hub/live"
)

// Alert is an incident as pages show it.
type Alert struct {
	ID             string
	Hall, HallName string
	Level          Level
	Rule           string // key
	Subject        string
	Value          string // "32 分钟（限 30 分钟）"
	Reason, Detail string
	Status         alert.Status
	Since, Ended   time.Time // Ended is zero while it is open
	SinceText      string
	Acknowledged   string // "09:41 zhang"
	Resolved       string
	Lasted         string
	Open           bool
	MayAct         bool
	Suppressed     bool
}

// Alert gives what pages show of an incident; v is the view of its hall, ok false where there is none.
func (p *Presenter) Alert(i alert.Incident, v live.View, ok bool, lang string, now time.Time) Alert {
	loc := v.Desc.Location()
	a := Alert{
		ID: i.ID, Hall: string(i.Hall), HallName: string(i.Hall), Level: Level(i.Severity), Rule: "rule." + string(i.Rule),
		Status: i.Status, Since: i.Since, Ended: i.ResolvedAt, SinceText: ClockDay(i.Since, now, loc), Open: i.Status != alert.Resolved, Suppressed: i.Suppressed,
	}
	if a.Level != Act {
		a.Level = Attention
	}
	a.Reason, a.Detail = p.reasonText(lang, i.Reason)
	if ok {
		a.HallName, a.Subject = v.Desc.Name.In(lang), p.subject(i, v, lang)
	}
	a.Value = p.alertValue(i, lang)
	if !i.AcknowledgedAt.IsZero() {
		a.Acknowledged = ClockDay(i.AcknowledgedAt, now, loc) + " " + i.AcknowledgedBy
	}
	a.Lasted = p.soFar(lang, now.Sub(i.Since))
	if !i.ResolvedAt.IsZero() {
		a.Resolved = ClockDay(i.ResolvedAt, now, loc)
		a.Lasted = p.Duration(lang, i.ResolvedAt.Sub(i.Since))
	}
	return a
}

// soFar gives how long something lasts that goes on: a page is not made anew every second, so no seconds are shown.
func (p *Presenter) soFar(lang string, d time.Duration) string {
	if d < time.Minute {
		return p.cat.T(lang, "unit.under_minute")
	}
	return p.Duration(lang, d)
}

func (p *Presenter) subject(i alert.Incident, v live.View, lang string) string {
	for _, d := range v.Desc.Devices {
		if string(d.ID) == i.Subject {
			return d.Name.In(lang)
		}
	}
	for _, c := range v.Desc.Categories {
		if string(c.ID) == i.Subject {
			return c.Name.In(lang)
		}
	}
	return i.Subject
}

// alertValue gives the newest value with its limit; waits are in seconds (rule.WaitTooLong).
func (p *Presenter) alertValue(i alert.Incident, lang string) string {
	switch i.Rule {
	case alert.QueueTooLong:
		return p.cat.T(lang, "alert.value_limit", p.cat.T(lang, "unit.n_people", math.Round(i.Value)), math.Round(i.Limit))
	case alert.WaitTooLong:
		return p.cat.T(lang, "alert.value_limit", p.cat.T(lang, "unit.n_minutes", int(i.Value/60)), int(i.Limit/60))
	}
	return ""
}

// SortAlerts orders open before resolved, not taken before taken, worse before lesser, then the open ones oldest first
// and the resolved ones with the last to end first.
func SortAlerts(rows []Alert) {
	rank := func(a Alert) string {
		if !a.Open {
			return "9"
		}
		taken := 0
		if a.Status == alert.Acknowledged {
			taken = 1
		}
		return fmt.Sprint(taken, a.Level.Rank())
	}
	slices.SortStableFunc(rows, func(a, b Alert) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		if a.Open {
			return a.Since.Compare(b.Since)
		}
		return cmp.Or(b.Ended.Compare(a.Ended), b.Since.Compare(a.Since))
	})
}
