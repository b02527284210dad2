package config

import (
	"slices"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Checks says when devices that contradict each other are named; see package edge/compare.
type Checks struct {
	Off            []string      `yaml:"off" conf:"max=16"`                     // names of comparisons
	DisplayAfter   time.Duration `yaml:"display_after" conf:"min=1m,max=12h"`   // a number unchanged for this long
	DisplayTickets int           `yaml:"display_tickets" conf:"min=1,max=1000"` // while so many tickets are printed
	EmptyWaiting   int           `yaml:"empty_waiting" conf:"min=1,max=1000"`   // so many wait where nobody is counted
	EmptyFor       time.Duration `yaml:"empty_for" conf:"min=10s,max=12h"`      // for this long
	KeypadServed   int           `yaml:"keypad_served" conf:"min=1,max=10000"`  // so many served without a rating
	DriftTickets   int           `yaml:"drift_tickets" conf:"min=1,max=10000"`  // so many tickets of a day
	DriftShare     float64       `yaml:"drift_share" conf:"min=0.01,max=1"`     // and fewer people than this share came in
}

// Defaults suit a township's hall.
func (c *Checks) Defaults() {
	*c = Checks{DisplayAfter: 20 * time.Minute, DisplayTickets: 5, EmptyWaiting: 9, EmptyFor: 5 * time.Minute, KeypadServed: 30,
		DriftTickets: 30, DriftShare: 0.5}
}

// CheckNames lists the comparisons that can be switched off.
func CheckNames() []string {
	return []string{"display_unchanged", "keypad_silent", "occupancy_empty", "passages_drift"}
}

var textCheck = hall.Text{ZH: "没有这项检查", EN: "there is no such check"}

func (k *checker) checks() {
	for _, name := range k.c.Checks.Off {
		if !slices.Contains(CheckNames(), name) {
			mend := conf.DidYouMean(name, CheckNames())
			if mend.ZH == "" {
				mend = conf.Say(textDayMend, strings.Join(CheckNames(), ", "))
			}
			k.fail("checks.off", textCheck, mend)
			return
		}
	}
}
