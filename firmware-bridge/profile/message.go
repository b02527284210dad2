package profile

import (
	"bytes"
	"regexp"

	"hallpulse/hall"
)

// message is what a command or an ending means.
type message struct {
	command []byte // nil: the frame has none
	end     int    // -1: any
	kind    hall.FactKind
	fields  []field
	fixed   int // bytes of the fields that have a size
	rest    bool
	answer  *answer
}

// field is a field of a message's data.
type field struct {
	is      string
	as      encoding
	size    int // 0: what the others leave
	min     int
	width   int
	level   map[uint32]int
	pattern *regexp.Regexp
}

// answer is what is sent back.
type answer struct {
	command []byte
	end     int
	data    []answerPart
}

// message finds what a frame means; nil: no message describes it.
func (p *Profile) message(frame []byte, h *hit) *message {
	var command []byte
	if i := p.frame.command; i >= 0 {
		command = frame[p.frame.start(i, h.shape):p.frame.stop(i, h.shape)]
	}
	for i := range p.messages {
		m := &p.messages[i]
		if (m.end < 0 || m.end == h.which) && bytes.Equal(m.command, command) {
			return m
		}
	}
	return nil
}

// pattern gives the pattern of a message's number.
func (m *message) pattern() *regexp.Regexp {
	for i := range m.fields {
		if m.fields[i].is == isNumber {
			return m.fields[i].pattern
		}
	}
	return anyNumber
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
