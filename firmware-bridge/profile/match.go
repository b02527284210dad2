package profile

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// decodeText gives text in UTF-8.
func decodeText(as encoding, raw []byte) (text []byte, reason string) {
	switch as {
	case asGB18030:
		text, ok := fromGB18030(raw)
		if !ok {
			return nil, "not GB18030: " + byteString(raw).String()
		}
		return text, ""
	case asUTF8:
		if !utf8.Valid(raw) {
			return nil, "not UTF-8: " + byteString(raw).String()
		}
		return raw, ""
	}
	if bytes.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, "not ASCII: " + byteString(raw).String()
	}
	return raw, ""
}

// fromGB18030 gives text in UTF-8. Most numbers are plain ASCII and need no decoder.
func fromGB18030(b []byte) (s []byte, ok bool) {
	if !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return b, true
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return s, err == nil && !bytes.ContainsRune(s, utf8.RuneError)
}

// cut shortens s to n bytes of whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// blanks surround texts in lines; a carriage return before a line feed is one of them.
const blanks = " \t\r\n\x00"

// match reads the text of a frame by a message's expression; false: the text is another message, or none.
func (d *Decoder) match(f *frame, m *message, data []byte, ev *Event) (ok bool, reason string) {
	text, reason := decodeText(f.text, bytes.Trim(data, blanks))
	if reason != "" {
		return false, reason
	}
	groups := m.match.FindSubmatchIndex(text)
	if groups == nil {
		return false, ""
	}
	d.found.groups, d.found.heard = groups, text
	return true, d.grouped(m, ev)
}

// grouped takes the fields from the groups of a match.
func (d *Decoder) grouped(m *message, ev *Event) (reason string) {
	d.found.number = append(d.found.number, d.found.text(isNumber)...)
	d.found.category = append(d.found.category, bytes.Trim(d.found.text(isCategory), blanks)...)
	for _, is := range []string{isSeq, isAddress, isAhead} {
		raw := d.found.text(is)
		if len(raw) == 0 {
			continue
		}
		n, ok := digits(raw)
		if !ok {
			return fmt.Sprintf("%s is no number: %q", is, raw)
		}
		if reason := ev.put(&field{is: is}, n); reason != "" {
			return reason
		}
	}
	if raw := d.found.text(isLevel); m.match.SubexpIndex(isLevel) >= 0 {
		level, ok := m.levels[string(raw)]
		if !ok {
			return fmt.Sprintf("%q is no level", cut(string(raw), MaxNumber))
		}
		ev.Level = level
	}
	return d.name(m, ev)
}

// text gives the text of a group; empty: it is none of the match.
func (t *found) text(group string) []byte {
	i := t.m.match.SubexpIndex(group)
	if i < 0 || 2*i+1 >= len(t.groups) || t.groups[2*i] < 0 {
		return nil
	}
	return t.heard[t.groups[2*i]:t.groups[2*i+1]]
}
