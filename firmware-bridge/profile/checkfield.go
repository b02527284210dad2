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
	isNumber:   {need: []string{"as"}, may: []string{"size", "min", "width", "bits", "names", "pattern"}},
	isCategory: {need: []string{"as"}, may: []string{"size", "min", "bits", "names"}},
	isLevel:    {need: []string{"as", "map"}, may: []string{"size", "min", "bits"}},
	isSeq:      {need: []string{"as"}, may: []string{"size", "min", "bits"}},
	isAddress:  {need: []string{"as"}, may: []string{"size", "min", "bits"}},
	isAhead:    {need: []string{"as"}, may: []string{"size", "min", "bits"}},
	isConstant: {need: []string{"bytes"}},
	isSkip:     {may: []string{"size", "min"}},
}

var allFieldKeys = []string{"as", "size", "min", "width", "bits", "bytes", "map", "names", "pattern"}

// fields checks the fields of a message together.
func (c *checker) fields(path string, in *messageIn, m *message) {
	rules, count := kindFields[in.Kind], map[string]int{}
	for i := range in.Fields {
		f, at := &in.Fields[i], fmt.Sprintf("%s.fields[%d]", path, i)
		if !slices.Contains(rules.need, f.Is) && !slices.Contains(rules.may, f.Is) {
			c.fail(at+".is", conf.Say(textKindField, in.Kind, f.Is), textRemove)
		}
		if count[f.Is]++; count[f.Is] > 1 && !slices.Contains([]string{isNumber, isCategory, isSkip, isConstant}, f.Is) {
			c.fail(at+".is", conf.Say(textFieldTwice, f.Is), textRemove)
		}
		if f.Is == isAddress && c.out.frame.address >= 0 {
			c.fail(at+".is", conf.Say(textTwice, partAddress), textRemove)
		}
		m.add(c.field(at, f))
		if last := m.fields[i]; last.size == 0 && m.rests() > 1 {
			c.fail(at, textRests, textGiveSize)
		}
		if f.Is == isNumber && count[isNumber] == 1 && f.Pattern != nil {
			m.pattern = f.Pattern
		}
	}
	if in.Match != nil {
		return
	}
	for _, need := range rules.need {
		if count[need] == 0 {
			c.fail(path, conf.Say(textNeedsField, in.Kind, need), conf.Say(textAdd, need))
		}
	}
	if most := c.out.frame.maxData; m.least() > most {
		c.fail(path+".fields", conf.Say(textTooBig, m.least(), most), textFewer)
	}
}

// field checks one field.
func (c *checker) field(path string, in *fieldIn) field {
	k := fieldKeys[in.Is]
	c.keys(path, allFieldKeys, k.need, k.may, conf.Say(textFieldUnused, in.Is))
	e := encodings[in.As]
	f := field{is: in.Is, as: e.as, size: max(e.size, in.Size, len(in.Bytes)), min: in.Min, width: in.Width, bits: in.Bits, bytes: in.Bytes}
	whole := in.Is == isLevel || in.Is == isSeq || in.Is == isAddress || in.Is == isAhead || in.Names != nil || in.Bits.width > 0
	if e.as.isText() && whole {
		c.fail(path+".as", conf.Say(textAsText, in.Is, in.As), textAsMend)
	}
	if most := e.as.mostBytes(); in.Size > most && (whole || in.Width > 0) {
		c.fail(path+".size", conf.Say(textSize, most), hall.Text{})
	}
	c.unusedBy(path+".size", in.Size > 0 && e.size > 0, in.As)
	c.unusedBy(path+".min", in.Min > 0 && e.size > 0, in.As)
	c.unusedBy(path+".width", in.Width > 0 && e.as.isText(), in.As)
	if in.Min > 0 && in.Size > 0 {
		c.fail(path+".min", conf.Say(textFieldUnused, in.Is), textRemove)
	}
	f.level = c.levels(path+".map", in.Map)
	f.names = c.names(path+".names", in.Names)
	return f
}

// names checks a map of texts.
func (c *checker) names(path string, in map[int]string) map[uint32]string {
	if in == nil {
		return nil
	}
	out := make(map[uint32]string, len(in))
	for _, sent := range slices.Sorted(maps.Keys(in)) {
		if len(in[sent]) > MaxNumber {
			c.fail(path+"."+strconv.Itoa(sent), conf.Say(textSize, MaxNumber), hall.Text{})
		}
		if sent < 0 || int64(sent) > math.MaxUint32 {
			c.fail(path+"."+strconv.Itoa(sent), textSent, textRemove)
		}
		out[uint32(sent)] = in[sent]
	}
	return out
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
