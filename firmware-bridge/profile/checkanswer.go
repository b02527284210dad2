package profile

import (
	"fmt"

	"hallpulse/hall/conf"
)

// answer checks what is sent back for a message.
func (c *checker) answer(path string, a *answerIn, m *message) *answer {
	out := &answer{command: c.command(path, a.Command), end: c.end(path, a.End), data: a.Data}
	if len(c.out.frame.ends) > 0 && len(a.End) == 0 {
		c.fail(path+".end", textMissing, conf.Say(textAdd, "end"))
	}
	longest := 0
	for i, part := range a.Data {
		at := fmt.Sprintf("%s.data[%d]", path, i)
		if (part.Copy == "") == (len(part.Bytes) == 0) {
			c.fail(at, textOneOf, conf.Say(textAdd, "copy"))
			continue
		}
		if part.Copy != "" && part.Copy != copyData && !m.has(part.Copy) {
			c.fail(at+".copy", conf.Say(textCopyNone, part.Copy), conf.Say(textAdd, part.Copy))
		}
		longest += len(part.Bytes) + c.longest(part.Copy, m)
	}
	switch f := &c.out.frame; {
	case f.lines:
	case longest > f.maxData:
		c.fail(path, conf.Say(textAnswerLong, longest, f.maxData), textAnswerMend)
	case f.fixed >= 0 && longest != f.fixed:
		c.fail(path, conf.Say(textAnswerSize, longest, f.fixed), textAnswerMend)
	}
	return out
}

// longest is how many bytes a copy may have.
func (c *checker) longest(copied string, m *message) (n int) {
	switch {
	case copied == copyData:
		return c.out.frame.maxData
	case m.match != nil && copied != "":
		return maxCopied
	}
	for _, f := range m.fields {
		switch {
		case f.is != copied:
		case f.size == 0:
			n += c.out.frame.maxData - m.fixed
		default:
			n += f.size
		}
	}
	return n
}
