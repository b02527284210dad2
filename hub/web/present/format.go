package present

import (
	"fmt"
	"strconv"
	"time"

	"hallpulse/hall"
)

// None is shown where there is no figure.
const None = "–"

// Clock gives 09:41, empty for no time.
func Clock(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(loc).Format("15:04")
}

// ClockDay gives 09:41 for a time of now's day and 11-23 09:41 for another.
func ClockDay(t, now time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t, now = t.In(loc), now.In(loc)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("01-02 15:04")
}

// Minutes gives whole minutes begun and ended between since and now, never below zero.
func Minutes(since, now time.Time) int {
	if since.IsZero() || now.Before(since) {
		return 0
	}
	return int(now.Sub(since) / time.Minute)
}

// Duration gives 40 秒, 32 分钟, 3 小时 5 分, 2 天.
func (p *Presenter) Duration(lang string, d time.Duration) string {
	switch {
	case d < 0:
		d = 0
		fallthrough
	case d < time.Minute:
		return p.cat.T(lang, "unit.n_seconds", int(d/time.Second))
	case d < time.Hour:
		return p.cat.T(lang, "unit.n_minutes", int(d/time.Minute))
	case d < 48*time.Hour:
		return p.cat.T(lang, "unit.n_hours_minutes", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return p.cat.T(lang, "unit.n_days", int(d/(24*time.Hour)))
}

// Percent gives 96% of part in whole, rounded down so that 100 % means all; None for no whole.
func Percent(part, whole int) string {
	if whole <= 0 {
		return None
	}
	return strconv.Itoa(part*100/whole) + "%"
}

// Date gives 11月24日 周二, or Tue 24 Nov.
func (p *Presenter) Date(lang string, t time.Time, loc *time.Location) string {
	t = t.In(loc)
	if lang == English {
		return t.Format("Mon 2 Jan")
	}
	return fmt.Sprintf("%d月%d日 %s", int(t.Month()), t.Day(), p.cat.T(lang, fmt.Sprintf("weekday.%d", int(t.Weekday()))))
}

// reasonText gives a device's reason in words, with its evidence.
func (p *Presenter) reasonText(lang string, r hall.Reason) (text, detail string) {
	if r.Code == "" {
		return "", r.Detail
	}
	return p.cat.Or(lang, "reason."+r.Code, r.Code), r.Detail
}
