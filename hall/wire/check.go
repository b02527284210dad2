package wire

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"hallpulse/hall"
)

// check holds fields to their lengths and keeps the first mistake.
type check struct{ err error }

func (c *check) short(what, s string) { c.within(what, s, MaxNumber) }
func (c *check) id(what, s string)    { c.within(what, s, MaxID) }
func (c *check) text(what, s string)  { c.within(what, s, MaxText) }

func (c *check) name(what string, t hall.Text) {
	c.text(what, t.ZH)
	c.text(what, t.EN)
}

func (c *check) within(what, s string, most int) {
	if len(s) > most {
		c.fail("%s of %d bytes, at most %d", what, len(s), most)
	} else if !utf8.ValidString(s) {
		c.fail("%s is not UTF-8", what)
	}
}

func (c *check) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
}

// bodies lists which bodies a fact carries.
func bodies(f *hall.Fact) []hall.FactKind {
	var has []hall.FactKind
	for _, b := range [...]struct {
		kind hall.FactKind
		set  bool
	}{
		{hall.KindTicket, f.Ticket != nil}, {hall.KindCall, f.Call != nil}, {hall.KindInvite, f.Invite != nil},
		{hall.KindRating, f.Rating != nil}, {hall.KindPunch, f.Punch != nil}, {hall.KindPassage, f.Passage != nil},
		{hall.KindDevice, f.Change != nil}, {hall.KindGap, f.Gap != nil}, {hall.KindClock, f.Clock != nil},
		{hall.KindRefusal, f.Refusal != nil}, {hall.KindRecount, f.Recount != nil},
	} {
		if b.set {
			has = append(has, b.kind)
		}
	}
	return has
}

// known says whether this version has a body for the kind.
func known(k hall.FactKind) bool { return k >= hall.KindTicket && k <= hall.KindRecount }

// checkFact says what is wrong with a fact of a known kind.
func checkFact(f *hall.Fact) error {
	var c check
	if f.Kind == 0 {
		c.fail("a fact without a kind")
	}
	if !inRange(f.At.Wall) {
		c.fail("wall time is outside the years 1970 to 2200")
	}
	c.id("device", string(f.Device))
	if len(f.Raw) > MaxRaw {
		c.fail("raw of %d bytes, at most %d", len(f.Raw), MaxRaw)
	}
	has := bodies(f)
	if known(f.Kind) && (len(has) != 1 || has[0] != f.Kind) {
		c.fail("a %s whose body is missing or not alone (%v)", f.Kind, has)
	}
	if c.err == nil && known(f.Kind) {
		c.body(f)
	}
	return c.err
}

// body checks the one body of a fact.
func (c *check) body(f *hall.Fact) {
	switch f.Kind {
	case hall.KindTicket:
		c.short("number", f.Ticket.Number)
		c.id("category", string(f.Ticket.Category))
		c.text("text", f.Ticket.Text)
	case hall.KindCall:
		c.short("number", f.Call.Number)
		c.id("window", string(f.Call.Window))
	case hall.KindInvite:
		c.short("number", f.Invite.Number)
		c.id("window", string(f.Invite.Window))
	case hall.KindRating:
		c.id("window", string(f.Rating.Window))
		if f.Rating.Level < 1 || f.Rating.Level > 5 {
			c.fail("rating level %d, must be 1 to 5", f.Rating.Level)
		}
	case hall.KindPunch:
		c.punch(f.Punch)
	case hall.KindPassage:
		c.id("zone", string(f.Passage.Zone))
		if d := f.Passage.Direction; d < hall.Out || d > hall.In {
			c.fail("direction %d, must be -1 to 1", d)
		}
	case hall.KindDevice:
		c.id("reason code", f.Change.Reason.Code)
		c.text("reason detail", f.Change.Reason.Detail)
	case hall.KindGap:
		c.text("gap reason", f.Gap.Reason)
		if !inRange(f.Gap.From) || !inRange(f.Gap.To) {
			c.fail("gap outside the years 1970 to 2200")
		}
	case hall.KindClock:
		c.id("clock source", f.Clock.Source)
	case hall.KindRefusal:
		c.text("where", f.Refusal.Where)
		c.text("reason", f.Refusal.Reason)
	case hall.KindRecount:
		c.id("zone", string(f.Recount.Zone))
		c.id("reason", f.Recount.Reason)
	}
}

func (c *check) punch(p *hall.Punch) {
	c.id("serial", p.Serial)
	c.id("pin", string(p.PIN))
	c.id("device time", p.DeviceTime)
	c.text("workcode", p.Workcode)
	if !inRange(p.At) {
		c.fail("punch outside the years 1970 to 2200")
	}
}

// cut makes a text valid UTF-8 of at most most bytes, without splitting a character.
func cut(s string, most int) string {
	if len(s) <= most && utf8.ValidString(s) {
		return s
	}
	s = strings.ToValidUTF8(s[:min(len(s), 2*most)], "\uFFFD")
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
