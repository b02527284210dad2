package profile

import (
	"bytes"
	"fmt"
	"slices"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// factKinds by the kind of message; the others are signs of life.
var factKinds = map[string]hall.FactKind{kindCall: hall.KindCall, kindInvite: hall.KindInvite, kindRating: hall.KindRating, kindTicket: hall.KindTicket}

// kindFields says which fields a kind of message needs and may have.
var kindFields = map[string]struct{ need, may []string }{
	kindCall:      {need: []string{isNumber}, may: []string{isSkip, isSeq, isAddress, isConstant}},
	kindInvite:    {may: []string{isNumber, isSkip, isSeq, isAddress, isConstant}},
	kindRating:    {need: []string{isLevel}, may: []string{isSeq, isSkip, isAddress, isConstant}},
	kindTicket:    {need: []string{isNumber}, may: []string{isCategory, isAhead, isSeq, isSkip, isConstant}},
	kindHeartbeat: {may: []string{isSeq, isSkip, isAddress, isConstant}},
	kindIgnore:    {may: []string{isSkip, isConstant}},
}

func (c *checker) messages() {
	for i := range c.body.Messages {
		in, path := &c.body.Messages[i], fmt.Sprintf("%smessages[%d]", c.at, i)
		m := message{kind: factKinds[in.Kind], beat: in.Kind == kindHeartbeat, command: c.command(path, in.Command), end: c.end(path, in.End), match: in.Match, pattern: anyNumber}
		c.unique(path, in)
		if in.Kind == kindIgnore && in.Answer != nil {
			c.fail(path+".answer", conf.Say(textKindUnused, in.Kind), textRemove)
		}
		c.fields(path, in, &m)
		c.matched(path, in, &m)
		if in.Answer != nil {
			m.answer = c.answer(path+".answer", in.Answer, &m)
		}
		c.out.messages = append(c.out.messages, m)
	}
}

// command holds a command to the frame's size of one.
func (c *checker) command(path string, b byteString) []byte {
	i := c.out.frame.command
	switch {
	case i < 0 && len(b) > 0:
		c.fail(path+".command", textCommandNone, textRemove)
	case i >= 0 && len(b) == 0:
		c.fail(path+".command", textMissing, conf.Say(textAdd, "command"))
	case i >= 0 && len(b) != c.out.frame.pieces[i].size:
		c.fail(path+".command", conf.Say(textCommandSize, c.out.frame.pieces[i].size), hall.Text{})
	}
	return b
}

// end finds an ending among those of the frame; -1: any.
func (c *checker) end(path string, b byteString) int {
	if len(b) == 0 {
		return -1
	}
	i := slices.IndexFunc(c.out.frame.ends, func(e byteString) bool { return bytes.Equal(e, b) })
	if i < 0 {
		mend := textRemove
		if len(c.out.frame.ends) > 0 {
			mend = conf.DidYouMean(b.written(), endNames(c.out.frame.ends))
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
	for j := range c.body.Messages {
		earlier := &c.body.Messages[j]
		if earlier == in {
			return
		}
		if earlier.choosy() {
			continue
		}
		if bytes.Equal(earlier.Command, in.Command) && (len(earlier.End) == 0 || bytes.Equal(earlier.End, in.End)) {
			c.fail(path, conf.Say(textSame, fmt.Sprintf("%smessages[%d]", c.at, j)), textChooseElse)
			return
		}
	}
}

// choosy says whether a message may leave a frame of its command to a later one.
func (m *messageIn) choosy() bool {
	return m.Match != nil || slices.ContainsFunc(m.Fields, func(f fieldIn) bool { return f.Is == isConstant })
}
