package profile

import (
	"bytes"
	"regexp"

	"hallpulse/hall"
)

// message is what a command, an ending or a text means.
type message struct {
	command []byte // nil: the frame has none
	end     int    // -1: any
	kind    hall.FactKind
	beat    bool // a heartbeat
	fields  []field
	match   *regexp.Regexp // nil: fields
	levels  map[string]int // of match
	pattern *regexp.Regexp // of the number
	fixed   int            // bytes of the fields that have a size
	rest    bool
	answer  *answer
}

// field is a field of a message's data.
type field struct {
	is    string
	as    encoding
	size  int // 0: what the others leave
	min   int
	width int
	bits  bitRange
	level map[uint32]int
	names map[uint32]string
	bytes []byte
}

// answer is what is sent back.
type answer struct {
	command []byte
	end     int
	data    []answerPart
}

// fits says whether a message is one of the frame's command and ending, whatever its data.
func (m *message) fits(f *frame, raw []byte, h *hit) bool {
	if m.end >= 0 && m.end != h.which {
		return false
	}
	return f.command < 0 || bytes.Equal(m.command, f.of(f.command, raw, h.shape))
}

// opens says whether the constants of a message are those of the data. Without constants every data is.
func (m *message) opens(data []byte) bool {
	rest := data
	for i := range m.fields {
		size := m.size(&m.fields[i], data)
		if size < 0 || size > len(rest) {
			return true // too little data is told as such
		}
		if m.fields[i].is == isConstant && !bytes.Equal(rest[:size], m.fields[i].bytes) {
			return false
		}
		rest = rest[size:]
	}
	return true
}

// has says whether a message tells something.
func (m *message) has(is string) bool {
	if m.match != nil {
		return m.match.SubexpIndex(is) >= 0
	}
	for i := range m.fields {
		if m.fields[i].is == is {
			return true
		}
	}
	return false
}

// add appends a field.
func (m *message) add(f field) {
	m.fields = append(m.fields, f)
	m.fixed += f.size
	m.rest = m.rest || f.size == 0
}

// rests counts the fields that take what the others leave.
func (m *message) rests() (n int) {
	for _, f := range m.fields {
		if f.size == 0 {
			n++
		}
	}
	return n
}

// least is how many bytes of data the fields need.
func (m *message) least() (n int) {
	for _, f := range m.fields {
		n += max(f.size, f.min)
	}
	return n
}

// size gives a field's size in some data; that of a field without one may come out negative.
func (m *message) size(f *field, data []byte) int {
	if f.size > 0 {
		return f.size
	}
	return len(data) - m.fixed
}
