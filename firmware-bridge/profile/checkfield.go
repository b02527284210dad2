package profile

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// anyNumber is the pattern of numbers where a profile gives none.
var anyNumber = regexp.MustCompile(`^[A-Z]{0,4}[0-9]{1,8}$`)

// fieldKeys says which keys a field needs and may have.
var fieldKeys = map[string]struct{ need, may []string }{
	isNumber: {need: []string{"as"}, may: []string{"size", "min", "width", "pattern"}},
	isLevel:  {need: []string{"as", "map"}, may: []string{"size", "min"}},
	isSeq:    {need: []string{"as"}, may: []string{"size", "min"}},
	isSkip:   {may: []string{"size", "min"}},
}

var allFieldKeys = []string{"as", "size", "min", "width", "map", "pattern"}

// fields checks the fields of a message together.
func (c *checker) fields(path string, in *messageIn, m *message) {
	rules, count := kindFields[in.Kind], map[string]int{}
	for i := range in.Fields {
		f, at := &in.Fields[i], fmt.Sprintf("%s.fields[%d]", path, i)
		if !slices.Contains(rules.need, f.Is) && !slices.Contains(rules.may, f.Is) {
			c.fail(at+".is", conf.Say(textKindField, in.Kind, f.Is), textRemove)
		}
		if count[f.Is]++; count[f.Is] > 1 && f.Is != isNumber && f.Is != isSkip {
			c.fail(at+".is", conf.Say(textFieldTwice, f.Is), textRemove)
		}
		m.add(c.field(at, f))
		if last := m.fields[i]; last.size == 0 && m.rests() > 1 {
			c.fail(at, textRests, textGiveSize)
		}
	}
	for _, need := range rules.need {
		if count[need] == 0 {
			c.fail(path, conf.Say(textNeedsField, in.Kind, need), conf.Say(textAdd, need))
		}
	}
	if most := c.p.frame.maxData; m.least() > most {
		c.fail(path+".fields", conf.Say(textTooBig, m.least(), most), textFewer)
	}
}

// field checks one field.
func (c *checker) field(path string, in *fieldIn) field {
	k := fieldKeys[in.Is]
	c.keys(path, allFieldKeys, k.need, k.may, conf.Say(textFieldUnused, in.Is))
	e := encodings[in.As]
	f := field{is: in.Is, as: e.as, size: max(e.size, in.Size), min: in.Min, width: in.Width, pattern: in.Pattern}
	if e.as.isText() && (in.Is == isLevel || in.Is == isSeq) {
		c.fail(path+".as", conf.Say(textAsText, in.Is, in.As), textAsMend)
	}
	if most := e.as.mostBytes(); in.Size > most && (in.Is != isNumber || in.Width > 0) {
		c.fail(path+".size", conf.Say(textSize, most), hall.Text{})
	}
	c.unusedBy(path+".size", in.Size > 0 && e.size > 0, in.As)
	c.unusedBy(path+".min", in.Min > 0 && e.size > 0, in.As)
	c.unusedBy(path+".width", in.Width > 0 && e.as.isText(), in.As)
	if in.Min > 0 && in.Size > 0 {
		c.fail(path+".min", conf.Say(textFieldUnused, in.Is), textRemove)
	}
	if f.pattern == nil {
		f.pattern = anyNumber
	}
	f.level = c.levels(path+".map", in.Map)
	return f
}

// unusedBy refuses a key that an encoding does not use.
func (c *checker) unusedBy(path string, there bool, as string) {
	if there {
		c.fail(path, conf.Say(textAsUnused, as), textRemove)
	}
}

// levels checks a map of levels.
func (c *checker) levels(path string, in map[int]int) map[uint32]int {
	out := make(map[uint32]int, len(in))
	for _, sent := range slices.Sorted(maps.Keys(in)) {
		if level := in[sent]; level < 1 || level > 5 {
			c.fail(path+"."+strconv.Itoa(sent), conf.Say(textLevel, level), textLevelMend)
		}
		if sent < 0 || int64(sent) > math.MaxUint32 {
			c.fail(path+"."+strconv.Itoa(sent), textSent, textRemove)
		}
		out[uint32(sent)] = in[sent]
	}
	return out
}
