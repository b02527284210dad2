package panel

import (
	"fmt"
	"strconv"
	"time"

	"hallpulse/hall"
)

// Terminal is what an attendance terminal says of itself. Its serial number is not among it: a terminal shows nothing else to
// be believed, and nobody logs in at the panel.
type Terminal struct {
	Device         hall.DeviceID
	Health         hall.Health
	Firmware       string        // empty: it has not told
	Users, Records int           // -1: it has not told
	Skew           time.Duration // its clock minus the hall's
	SkewKnown      bool
	Last           time.Time // last answer, on the hall's clock; zero: none since the gateway's start
}

// terminalRow is a terminal, ready to print.
type terminalRow struct{ Name, Class, Firmware, Users, Records, Clock, Last string }

func terminalRows(desc hall.Hall, list []Terminal, now time.Time, t map[string]string, lang string) (out []terminalRow) {
	loc := desc.Location()
	for _, x := range list {
		r := terminalRow{Name: deviceName(desc, x.Device, lang), Class: x.Health.String(), Firmware: x.Firmware, Users: told(x.Users), Records: told(x.Records),
			Clock: none, Last: none}
		if r.Firmware == "" {
			r.Firmware = none
		}
		if x.SkewKnown {
			r.Clock = clockText(x.Skew, t)
		}
		if !x.Last.IsZero() {
			r.Last = lastText(x.Last.In(loc), now.In(loc))
		}
		out = append(out, r)
	}
	return out
}

// told prints a number that a terminal may not tell.
func told(n int) string { return figure(n >= 0, n) }

// clockText says how far a clock is off.
func clockText(skew time.Duration, t map[string]string) string {
	word, off := t["clock_fast"], skew.Abs().Round(time.Second)
	switch {
	case off == 0:
		return t["clock_right"]
	case skew < 0:
		word = t["clock_slow"]
	}
	switch {
	case off < 2*time.Minute:
		return fmt.Sprintf("%s %d %s", word, off/time.Second, t["seconds"])
	case off < 2*time.Hour:
		return word + " " + spell(off, t)
	case off < 48*time.Hour:
		return word + " " + strconv.Itoa(int(off/time.Hour)) + " " + t["hours"]
	}
	return word + " " + strconv.Itoa(int(off/(24*time.Hour))) + " " + t["days"]
}

// lastText gives the time of a day, with the day where it is not today.
func lastText(at, now time.Time) string {
	if at.Format(time.DateOnly) != now.Format(time.DateOnly) {
		return at.Format("2006-01-02 15:04")
	}
	return at.Format("15:04:05")
}
