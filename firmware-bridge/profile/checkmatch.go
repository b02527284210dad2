package profile

import (
	"maps"
	"regexp"
	"slices"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// groupNames are the fields that a text may tell.
var groupNames = []string{isNumber, isLevel, isSeq, isAddress, isCategory, isAhead}

// matched checks a message that is read as text. Its expression must fit the whole text: half a line tells half a number.
func (c *checker) matched(path string, in *messageIn, m *message) {
	if in.Match == nil {
		c.withoutMatch(path)
		return
	}
	at := path + ".match"
	if len(in.Fields) > 0 {
		c.fail(path+".fields", textMatchFields, textRemove)
	}
	var err error
	if m.match, err = regexp.Compile(`^(?:` + in.Match.String() + `)$`); err != nil { // e.g. a \Q without an end
		c.fail(at, conf.Say(textMatchWhole, err), hall.Text{})
		return
	}
	rules, seen := kindFields[in.Kind], map[string]bool{}
	for _, name := range in.Match.SubexpNames() {
		switch known := slices.Contains(rules.need, name) || slices.Contains(rules.may, name); {
		case name == "":
		case !slices.Contains(groupNames, name):
			c.fail(at, conf.Say(textGroup, in.Kind, name), conf.DidYouMean(name, groupNames))
		case !known:
			c.fail(at, conf.Say(textGroup, in.Kind, name), textRemove)
		case name == isAddress && c.out.frame.address >= 0:
			c.fail(at, conf.Say(textTwice, partAddress), textRemove)
		case seen[name]:
			c.fail(at, conf.Say(textFieldTwice, name), textRemove)
		}
		seen[name] = true
	}
	for _, need := range rules.need {
		if !seen[need] {
			c.fail(at, conf.Say(textGroupNeeded, in.Kind, need), conf.Say(textGroupMend, need))
		}
	}
	if in.Pattern != nil {
		m.pattern = in.Pattern
	}
	m.levels = c.levelsByText(path, in, seen[isLevel])
}

// withoutMatch refuses what only a match uses.
func (c *checker) withoutMatch(path string) {
	if c.out.frame.lines {
		c.fail(path+".match", textLinesMatch, conf.Say(textAdd, "match"))
	}
	for _, key := range []string{"levels", "pattern"} {
		if c.doc.Has(path + "." + key) {
			c.fail(path+"."+key, textMatchOnly, textRemove)
		}
	}
}

// levelsByText checks the levels of a match.
func (c *checker) levelsByText(path string, in *messageIn, wanted bool) map[string]int {
	at := path + ".levels"
	switch {
	case wanted && in.Levels == nil:
		c.fail(at, textMissing, conf.Say(textAdd, "levels"))
	case !wanted && in.Levels != nil:
		c.fail(at, conf.Say(textKindUnused, in.Kind), textRemove)
	}
	for _, sent := range slices.Sorted(maps.Keys(in.Levels)) {
		if level := in.Levels[sent]; level < 1 || level > 5 {
			c.fail(at+"."+sent, conf.Say(textLevel, level), textLevelMend)
		}
	}
	return in.Levels
}
