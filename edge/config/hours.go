package config

import (
	"slices"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Hours is when the hall is open, on its own clock.
type Hours struct {
	Open    string        `yaml:"open"`                          // HH:MM
	Close   string        `yaml:"close"`                         // HH:MM
	Days    []string      `yaml:"days" conf:"min=1,max=7"`       // mon … sun
	Recount time.Duration `yaml:"recount" conf:"min=0s,max=12h"` // after closing, zones are counted empty; 0: at midnight, with the new day
}

// Defaults are the usual ones; an hour after closing nobody is left.
func (h *Hours) Defaults() {
	*h = Hours{Open: "08:30", Close: "17:30", Days: []string{"mon", "tue", "wed", "thu", "fri"}, Recount: time.Hour}
}

// weekdays in the order of time.Weekday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Opening gives the hours as the hall describes them.
func (h *Hours) Opening() hall.Hours {
	out := hall.Hours{Open: h.Open, Close: h.Close}
	for i, name := range weekdays {
		if slices.Contains(h.Days, name) {
			out.Days = append(out.Days, time.Weekday(i))
		}
	}
	return out
}

var (
	textHour      = hall.Text{ZH: "不是时刻", EN: "not a time of day"}
	textHourMend  = hall.Text{ZH: "例如 08:30", EN: "e.g. 08:30"}
	textHourOrder = hall.Text{ZH: "下班时间应晚于上班时间", EN: "must be later than open"}
	textDay       = hall.Text{ZH: "不是星期", EN: "not a day of the week"}
	textDayMend   = hall.Text{ZH: "可用 %s", EN: "use %s"}
)

func (k *checker) hours() {
	h := &k.c.Hours
	open, ok := k.hour("hours.open", h.Open)
	shut, ok2 := k.hour("hours.close", h.Close)
	if ok && ok2 && !open.Before(shut) {
		k.fail("hours.close", textHourOrder, hall.Text{})
	}
	for _, d := range h.Days {
		if !slices.Contains(weekdays, d) {
			k.fail("hours.days", textDay, conf.Say(textDayMend, strings.Join(weekdays, ", ")))
			return
		}
	}
}

func (k *checker) hour(path, s string) (time.Time, bool) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		k.fail(path, textHour, textHourMend)
		return t, false
	}
	return t, true
}
