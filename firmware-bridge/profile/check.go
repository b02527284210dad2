package profile

import (
	"bytes"
	"fmt"
	"slices"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// checker turns a file into a profile, and reports what types alone cannot refuse. It looks at one body at a time.
type checker struct {
	doc *conf.Document
	in  *fileIn
	p   *Profile

	at   string  // path of the body, with a dot behind it where it has one
	body *bodyIn // as it is written
	out  *body   // as it is decoded
}

func (c *checker) fail(path string, message, mend hall.Text) { c.doc.Fail(path, message, mend) }

// all checks the bodies one by one, then what they say of each other.
func (c *checker) all() {
	list := []*bodyIn{&c.in.Body}
	for i := range c.in.Also {
		list = append(list, &c.in.Also[i])
	}
	c.p.bodies = make([]body, len(list))
	for i, in := range list {
		c.at, c.body, c.out = "", in, &c.p.bodies[i]
		if i > 0 {
			c.at = fmt.Sprintf("also[%d].", i-1)
		}
		c.one()
	}
	if c.doc.Err() == nil {
		c.together()
		c.families()
	}
}

// one checks a body: its frame, then its messages.
func (c *checker) one() {
	before := c.doc.Err()
	frame, lines := len(c.body.Frame) > 0, c.body.Lines != nil
	switch {
	case !frame && !lines:
		c.fail(c.at+"frame", textMissing, conf.Say(textAdd, "frame"))
	case frame && lines:
		c.fail(c.at+"lines", textFrameLines, textFrameLinesMend)
	case lines:
		c.lines()
	default:
		c.frame()
	}
	if !c.failed(before) {
		c.messages()
	}
}

// together checks that the frames of a line can be told apart.
func (c *checker) together() {
	for i := range c.p.bodies {
		f := &c.p.bodies[i].frame
		if f.lines && len(c.p.bodies) > 1 {
			c.fail(bodyPath(i)+"lines", textLinesAlone, textRemove)
		}
		for j := range i {
			other := c.p.bodies[j].frame.header
			if bytes.HasPrefix(f.header, other) || bytes.HasPrefix(other, f.header) {
				if len(f.header)+len(other) > 0 && !f.lines && !c.p.bodies[j].frame.lines {
					c.fail(bodyPath(i)+"frame[0].bytes", conf.Say(textSameHeader, bodyPath(j)+"frame"), textChooseElse)
				}
			}
		}
		for j := range c.p.bodies {
			if other := c.p.bodies[j].frame.header; len(other) > 0 {
				f.headers = append(f.headers, other)
			}
		}
	}
}

func bodyPath(i int) string {
	if i == 0 {
		return ""
	}
	return fmt.Sprintf("also[%d].", i-1)
}

// families finds what speaks the protocol, where the file does not say.
func (c *checker) families() {
	switch p := c.p; {
	case c.in.Family != "":
		p.family = hall.Family(c.in.Family)
	case p.Says(hall.KindRating), p.Says(hall.KindInvite):
		p.family = hall.Keypad
	case p.Says(hall.KindTicket):
		p.family = hall.Dispenser
	default:
		p.family = hall.Display
	}
}

// partKeys says which keys a kind of part needs and may have.
var partKeys = map[string]struct{ need, may []string }{
	partConstant: {need: []string{"bytes"}},
	partLength:   {need: []string{"as", "from", "to"}, may: []string{"size", "add"}},
	partAddress:  {need: []string{"as"}, may: []string{"size", "broadcast"}},
	partCommand:  {need: []string{"size"}},
	partData:     {may: []string{"size", "max", "restarts"}},
	partEnd:      {need: []string{"one_of"}},
	partCheck:    {need: []string{"kind", "from", "to"}, may: []string{"as", "order", "seed"}},
}

// allPartKeys is the order in which keys are reported.
var allPartKeys = []string{"bytes", "one_of", "as", "size", "from", "to", "add", "max", "restarts", "kind", "order", "seed", "broadcast"}

// keys reports keys that are missing at path, or not used there.
func (c *checker) keys(path string, all, need, may []string, unused hall.Text) {
	for _, key := range all {
		at := path + "." + key
		switch there, needed := c.doc.Has(at), slices.Contains(need, key); {
		case needed && !there:
			c.fail(at, textMissing, conf.Say(textAdd, key))
		case there && !needed && !slices.Contains(may, key):
			c.fail(at, unused, textRemove)
		}
	}
}

// lines makes the frame of text in lines.
func (c *checker) lines() {
	l := c.body.Lines
	c.ends(c.at+"lines.ends", l.Ends)
	if c.body.Stuffing != nil {
		c.fail(c.at+"stuffing", textLinesStuffing, textRemove)
	}
	c.out.frame = frame{lines: true, text: encodings[l.As].as, ends: l.Ends, fixed: -1, maxData: l.Max, command: -1, address: -1,
		pieces: []piece{{kind: partData}, {kind: partEnd, afterData: true}}}
}
