package attendance

import (
	"time"

	"hallpulse/hall"
)

// clockWatch estimates how far a terminal's clock is off. A punch that arrives may be old (kept while the line was
// down), but never newer than the terminal's clock: newest punch minus now is a lower bound of the skew. It is the skew
// itself when the punch was made just now, which is believed of a single new line from a terminal that has been in
// contact without a break and has nothing older left to send.
type clockWatch struct {
	contact time.Time
	backlog bool // it may be sending old punches
	polls   int  // since the backlog was assumed, without data between
	skew    time.Duration
	known   bool
}

// touch notes a request and says whether it is the first after a break. Then a backlog is assumed until two polls came without
// data between them.
func (c *clockWatch) touch(now time.Time, poll bool) (broken bool) {
	if broken = c.contact.IsZero() || now.Sub(c.contact) > Silence; broken {
		c.behind()
	}
	c.contact = now
	if poll && c.backlog {
		if c.polls++; c.polls >= 2 {
			c.backlog = false
		}
	}
	return broken
}

// behind notes that the terminal has, or was asked for, old punches.
func (c *clockWatch) behind() { c.backlog, c.polls = true, 0 }

// batch learns from newest, the newest new punch of a body of n new lines, and tells whether the skew is known better.
func (c *clockWatch) batch(n int, newest, now time.Time) bool {
	d := newest.Sub(now)
	fresh := n == 1 && !c.backlog
	if c.backlog {
		c.polls = 0
	}
	switch {
	case fresh, d > MaxSkew && !c.known, c.known && d > c.skew:
		c.skew, c.known = d, true
		return true
	}
	return false
}

func (c *clockWatch) bad() bool { return c.known && (c.skew > MaxSkew || c.skew < -MaxSkew) }

func (c *clockWatch) reason() hall.Reason {
	return hall.Reason{Code: "clock_skew", Detail: c.skew.Round(time.Second).String()}
}

// set notes that the terminal's clock was set: what was known of it is not true any more.
func (c *clockWatch) set() { c.skew, c.known = 0, false }
