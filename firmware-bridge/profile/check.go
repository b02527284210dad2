package profile

import (
	"bytes"
	"fmt"
	"slices"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// checker turns a file into a profile, and reports what types alone cannot refuse.
type checker struct {
	doc *conf.Document
	in  *fileIn
	p   *Profile
}

func (c *checker) fail(path string, message, mend hall.Text) { c.doc.Fail(path, message, mend) }

// partKeys says which keys a kind of part needs and may have.
var partKeys = map[string]struct{ need, may []string }{
	partConstant: {need: []string{"bytes"}},
	partLength:   {need: []string{"as", "from", "to"}, may: []string{"size", "add"}},
	partAddress:  {need: []string{"as"}, may: []string{"size"}},
	partCommand:  {need: []string{"size"}},
	partData:     {may: []string{"size", "max", "restarts"}},
	partEnd:      {need: []string{"one_of"}},
	partCheck:    {need: []string{"kind", "from", "to"}},
}

// allPartKeys is the order in which keys are reported.
var allPartKeys = []string{"bytes", "one_of", "as", "size", "from", "to", "add", "max", "restarts", "kind"}

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

// frame checks the parts one by one, then places them, then checks what they say of each other.
func (c *checker) frame() {
	for i := range c.in.Frame {
		c.part(fmt.Sprintf("frame[%d]", i), &c.in.Frame[i])
	}
	if c.in.Frame[0].Part != partConstant {
		c.fail("frame[0]", textHeader, conf.Say(textAdd, partConstant))
	}
	c.once()
	if c.doc.Err() != nil {
		return
	}
	c.place()
	c.ranges()
	c.dataLength()
	if c.doc.Err() == nil {
		c.sizes()
	}
}

func (c *checker) part(path string, p *partIn) {
	k := partKeys[p.Part]
	c.keys(path, allPartKeys, k.need, k.may, conf.Say(textPartUnused, p.Part))
	switch sized := c.doc.Has(path + ".size"); {
	case p.Part == partCommand && p.Size > MaxBytes:
		c.fail(path+".size", conf.Say(textSize, MaxBytes), hall.Text{})
	case p.As == "digits" && (!sized || p.Size > maxDigits):
		c.fail(path+".size", textNeedsSize, hall.Text{})
	case p.As != "" && p.As != "digits" && sized:
		c.fail(path+".size", textOnlyDigits, textRemove)
	}
	if p.Part == partEnd {
		c.ends(path, p.OneOf)
	}
}

// ends refuses an ending that another one hides.
func (c *checker) ends(path string, ends []byteString) {
	for i, end := range ends {
		for j, other := range ends {
			if i != j && bytes.HasPrefix(end, other) && (len(end) > len(other) || i > j) {
				c.fail(fmt.Sprintf("%s.one_of[%d]", path, i), conf.Say(textPrefix, other.written()), textRemove)
				break
			}
		}
	}
}

// once refuses a second part of those there can be only one of, and a frame without data.
func (c *checker) once() {
	seen := map[string]bool{}
	for i, p := range c.in.Frame {
		if seen[p.Part] && p.Part != partConstant && p.Part != partLength {
			c.fail(fmt.Sprintf("frame[%d].part", i), conf.Say(textTwice, p.Part), textRemove)
		}
		seen[p.Part] = true
	}
	if !seen[partData] {
		c.fail("frame", conf.Say(textNoPart, partData), textAddPart)
	}
}
