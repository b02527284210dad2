package profile

import (
	"bytes"
	"fmt"
	"slices"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// factKinds by the kind of message; the others are signs of life.
var factKinds = map[string]hall.FactKind{kindCall: hall.KindCall, kindInvite: hall.KindInvite, kindRating: hall.KindRating}

// kindFields says which fields a kind of message needs and may have.
var kindFields = map[string]struct{ need, may []string }{
	kindCall:      {need: []string{isNumber}, may: []string{isSkip, isSeq}},
	kindInvite:    {may: []string{isNumber, isSkip, isSeq}},
	kindRating:    {need: []string{isLevel}, may: []string{isSeq, isSkip}},
	kindHeartbeat: {may: []string{isSeq, isSkip}},
	kindIgnore:    {},
}

func (c *checker) messages() {
	for i := range c.in.Messages {
		in, path := &c.in.Messages[i], fmt.Sprintf("messages[%d]", i)
		m := message{kind: factKinds[in.Kind], command: c.command(path, in.Command), end: c.end(path, in.End)}
		c.unique(path, in)
		if in.Kind == kindIgnore && in.Answer != nil {
			c.fail(path+".answer", conf.Say(textKindUnused, in.Kind), textRemove)
		}
		c.fields(path, in, &m)
		if in.Answer != nil {
			m.answer = c.answer(path+".answer", in, in.Answer, &m)
		}
		c.p.messages = append(c.p.messages, m)
	}
}

// command holds a command to the frame's size of one.
func (c *checker) command(path string, b byteString) []byte {
	i := c.p.frame.command
	switch {
	case i < 0 && len(b) > 0:
		c.fail(path+".command", textCommandNone, textRemove)
	case i >= 0 && len(b) == 0:
		c.fail(path+".command", textMissing, conf.Say(textAdd, "command"))
	case i >= 0 && len(b) != c.p.frame.pieces[i].size:
		c.fail(path+".command", conf.Say(textCommandSize, c.p.frame.pieces[i].size), hall.Text{})
	}
	return b
}

// end finds an ending among those of the frame; -1: any.
func (c *checker) end(path string, b byteString) int {
	if len(b) == 0 {
		return -1
	}
	i := slices.IndexFunc(c.p.frame.ends, func(e byteString) bool { return bytes.Equal(e, b) })
	if i < 0 {
		mend := textRemove
		if len(c.p.frame.ends) > 0 {
			mend = conf.DidYouMean(b.written(), endNames(c.p.frame.ends))
		}
		c.fail(path+".end", textEndNone, mend)
	}
	return i
}

func endNames(ends []byteString) (out []string) {
	for _, e := range ends {
		out = append(out, e.written())
	}
	return out
}

// unique refuses a message that an earlier one hides.
func (c *checker) unique(path string, in *messageIn) {
	for j := range c.in.Messages {
		earlier := &c.in.Messages[j]
		if earlier == in {
			return
		}
		if bytes.Equal(earlier.Command, in.Command) && (len(earlier.End) == 0 || bytes.Equal(earlier.End, in.End)) {
			c.fail(path, conf.Say(textSame, fmt.Sprintf("messages[%d]", j)), textChooseElse)
			return
		}
	}
}
