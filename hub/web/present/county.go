package present

import (
	"time"

	"hallpulse/hub/live"
)

// County is the overview: the sentence that matters, the totals, the halls worst first.
type County struct {
	Halls     []Hall
	Act       []Hall // those to act on, worst first
	Unknown   []Hall
	Attention int
	Waiting   int
	Estimated bool
	Oldest    time.Time
	OldestMin int
	People    int

	PeopleEstimated bool
	QueueKnown      bool // of at least one hall; a sum of nothing is not zero
	PeopleKnown     bool

	Abnormal      int
	AbnormalLevel Level // of the worst of them
	Devices       int
	Ratings       int
	Bad           int
	GoodRate      string
	Missing       int // halls whose figures are not in the totals
}

// County sums what the halls say now. A hall that is not heard is counted as missing, not as zero.
func (p *Presenter) County(views []live.View, lang string, now time.Time) County {
	c := County{AbnormalLevel: OK}
	good := 0
	for _, v := range views {
		h := p.Hall(v, lang, now)
		c.Halls = append(c.Halls, h)
		if h.Verdict.Level == Attention {
			c.Attention++
		}
		if h.Verdict.Level == Unknown {
			c.Missing++
			continue
		}
		c.Waiting += h.Waiting
		c.Estimated = c.Estimated || h.Estimated
		c.QueueKnown = c.QueueKnown || h.QueueKnown
		c.PeopleKnown = c.PeopleKnown || h.ZonesKnown
		c.PeopleEstimated = c.PeopleEstimated || h.PeopleEstimated
		c.AbnormalLevel = Worse(c.AbnormalLevel, h.AbnormalLevel)
		if !h.Oldest.IsZero() && (c.Oldest.IsZero() || h.Oldest.Before(c.Oldest)) {
			c.Oldest, c.OldestMin = h.Oldest, h.OldestMinutes
		}
		c.People += h.People
		c.Abnormal += h.Abnormal
		c.Devices += len(h.Devices)
		c.Ratings += h.Ratings
		c.Bad += h.Bad
		good += h.Good
	}
	c.GoodRate = Percent(good, c.Ratings)
	WorstFirst(c.Halls)
	for _, h := range c.Halls {
		switch h.Verdict.Level {
		case Act:
			c.Act = append(c.Act, h)
		case Unknown:
			c.Unknown = append(c.Unknown, h)
		}
	}
	return c
}

// Order gives the ids of the halls, worst first.
func (c County) Order() []string {
	ids := make([]string, len(c.Halls))
	for i, h := range c.Halls {
		ids[i] = h.ID
	}
	return ids
}
