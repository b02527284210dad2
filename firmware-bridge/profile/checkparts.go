package profile

import (
	"bytes"
	"fmt"
	"slices"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// frame checks the parts one by one, then places them, then checks what they say of each other.
func (c *checker) frame() {
	had := c.doc.Err()
	for i := range c.body.Frame {
		c.part(c.framePath(i), &c.body.Frame[i])
	}
	c.headless()
	c.once()
	if c.failed(had) {
		return
	}
	c.place()
	c.ranges()
	c.dataLength()
	c.stuffed()
	if !c.failed(had) {
		c.sizes()
	}
}

func (c *checker) framePath(i int) string { return fmt.Sprintf("%sframe[%d]", c.at, i) }

// failed says whether something was reported since had.
func (c *checker) failed(had error) bool {
	return c.problems(c.doc.Err()) > c.problems(had)
}

func (c *checker) problems(err error) int {
	list, _ := err.(conf.Errors) // the document gives no other
	return len(list)
}

func (c *checker) part(path string, p *partIn) {
	k := partKeys[p.Part]
	c.keys(path, allPartKeys, k.need, k.may, conf.Say(textPartUnused, p.Part))
	as := encodings[p.As].as
	switch sized := c.doc.Has(path + ".size"); {
	case p.Part == partCommand && p.Size > MaxBytes:
		c.fail(path+".size", conf.Say(textSize, MaxBytes), hall.Text{})
	case p.Part == partCheck: // it has the size of its kind
		c.checkKeys(path, p)
	case as.isSized() && (!sized || p.Size > as.mostBytes()):
		c.fail(path+".size", conf.Say(textNeedsSize, p.As, as.mostBytes()), hall.Text{})
	case p.As != "" && !as.isSized() && sized:
		c.fail(path+".size", textOnlyDigits, textRemove)
	}
	if p.Part == partEnd {
		c.ends(path+".one_of", p.OneOf)
	}
}

// checkKeys checks what only some checks use.
func (c *checker) checkKeys(path string, p *partIn) {
	s := sums[p.Kind]
	if p.As != "" && p.As != "hex" {
		c.fail(path+".as", textCheckAs, textCheckAsMend)
	}
	if c.doc.Has(path+".order") && s.size < 2 {
		c.fail(path+".order", conf.Say(textAsUnused, p.Kind), textRemove)
	}
	if seeded := s.sum == sum8 || s.sum == sumXor || s.sum == sumLRC || s.sum == sumNot; c.doc.Has(path+".seed") && !seeded {
		c.fail(path+".seed", conf.Say(textAsUnused, p.Kind), textRemove)
	}
}

// ends refuses an ending that another one hides.
func (c *checker) ends(path string, ends []byteString) {
	for i, end := range ends {
		for j, other := range ends {
			if i != j && bytes.HasPrefix(end, other) && (len(end) > len(other) || i > j) {
				c.fail(fmt.Sprintf("%s[%d]", path, i), conf.Say(textPrefix, other.written()), textRemove)
				break
			}
		}
	}
}

// once refuses a second part of those there can be only one of, and a frame without data.
func (c *checker) once() {
	seen := map[string]bool{}
	for i, p := range c.body.Frame {
		if seen[p.Part] && p.Part != partConstant && p.Part != partLength {
			c.fail(c.framePath(i)+".part", conf.Say(textTwice, p.Part), textRemove)
		}
		seen[p.Part] = true
	}
	if !seen[partData] {
		c.fail(c.at+"frame", conf.Say(textNoPart, partData), textAddPart)
	}
}

// headless checks that a frame without a header can be found at all: by its size and a check.
func (c *checker) headless() {
	sized, checked := false, false
	for _, p := range c.body.Frame {
		sized = sized || p.Part == partData && p.Size > 0
		checked = checked || p.Part == partCheck
	}
	if c.body.Frame[0].Part != partConstant && !(sized && checked) {
		c.fail(c.framePath(0), textHeader, conf.Say(textAdd, partConstant))
	}
}

// stuffed checks that a stuffed frame has a header and a trailer, and that both are hidden inside it.
func (c *checker) stuffed() {
	in, f := c.body.Stuffing, &c.out.frame
	if in == nil {
		return
	}
	at := c.at + "stuffing"
	last := c.body.Frame[len(c.body.Frame)-1]
	if len(f.header) == 0 || len(c.body.Frame) < 2 || last.Part != partConstant {
		c.fail(at, textStuffingEnds, textStuffingEndsMend)
		return
	}
	if len(in.Mark) != 1 || len(in.Xor) > 1 {
		c.fail(at+".mark", textStuffingByte, hall.Text{})
		return
	}
	if (in.Map == nil) == (len(in.Xor) == 0) {
		c.fail(at, textStuffingHow, conf.Say(textAdd, "map"))
		return
	}
	f.stuff = &stuffing{mark: in.Mark[0], conceal: map[byte]byte{}}
	if in.Map != nil {
		c.stuffingMap(at+".map", in, f.stuff)
	} else {
		f.stuff.xor = in.Xor[0]
		for _, hidden := range []byte{in.Mark[0], f.header[0], last.Bytes[0]} {
			f.stuff.conceal[hidden] = hidden ^ f.stuff.xor
		}
	}
	for _, must := range slices.Compact([]byte{in.Mark[0], f.header[0], last.Bytes[0]}) {
		if _, ok := f.stuff.conceal[must]; !ok {
			c.fail(at+".map", conf.Say(textStuffingShown, byteString{must}.String()), textStuffingShownMend)
		}
	}
}

func (c *checker) stuffingMap(path string, in *stuffingIn, s *stuffing) {
	s.reveal = map[byte]byte{}
	for key, means := range in.Map {
		var sent byteString
		if err := sent.UnmarshalText([]byte(key)); err != nil || len(sent) != 1 || len(means) != 1 {
			c.fail(path+"."+key, textStuffingByte, hall.Text{})
			continue
		}
		s.reveal[sent[0]], s.conceal[means[0]] = means[0], sent[0]
	}
}
