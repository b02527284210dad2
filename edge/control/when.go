package control

import (
	"fmt"
	"time"
)

// forms are the ways in which people write an instant on a wall clock, the most exact first.
var forms = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"}

// ParseTime reads an instant of the wall clock in loc, for example "2026-11-24 08:30", "2026-11-24T08:30:15" or a day,
// "2026-11-24"; or an instant with its zone, as RFC 3339 writes it. A day is its first second, and its last one where end is
// true: a range of days has its last day. Years are 2000 to 2099, as terminals have them.
func ParseTime(text string, loc *time.Location, end bool) (time.Time, error) {
	at, err := parseTime(text, loc, end)
	if err == nil && (at.Year() < 2000 || at.Year() > 2099) {
		err = fmt.Errorf("control: time %.40q: year %d", text, at.Year())
	}
	if err != nil {
		return time.Time{}, err
	}
	return at, nil
}

func parseTime(text string, loc *time.Location, end bool) (time.Time, error) {
	for _, form := range forms {
		if at, err := time.ParseInLocation(form, text, loc); err == nil {
			return at, nil
		}
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		if end {
			return day.AddDate(0, 0, 1).Add(-time.Second), nil
		}
		return day, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("control: time %.40q is not like 2026-11-24 08:30", text)
	}
	return at.In(loc), nil
}
