package hikvision

import (
	"bytes"
	"strconv"
)

// splitter takes the texts out of a multipart body or stream as its bytes come, and drops everything else unread. It goes by
// Content-Length where a part has one (a stream's event is then known at once and not with the next part), by the boundary
// otherwise, and finds its way back after anything. A text is a part whose content begins with { or <, whatever its headers
// say. The zero value is ready; it takes the first boundary it sees.
type splitter struct {
	text   func(part []byte)               // part is valid during the call
	refuse func(reason string, raw []byte) // what was skipped without being a part
	want   []byte                          // the boundary's line as the headers announce it, "--" included; nil: not said
	bound  []byte                          // as it is; nil: not known yet
	buf    []byte
	state  splitState
	left   int // bytes of the part to come, -1: not said
	junk   int // bytes since the last part that were none
}

type splitState uint8

const (
	seeking   splitState = iota // for a boundary's line
	inHead                      // between the boundary and the empty line
	inContent                   // at the first byte of the content, its length known or not
	skipping                    // a picture
)

// feed takes the next bytes.
func (s *splitter) feed(p []byte) {
	s.buf = append(s.buf, p...)
	for s.step() {
	}
	if len(s.buf) == 0 {
		s.buf = nil
	}
}

// end says that nothing comes any more: a last part without a length is whole.
func (s *splitter) end() {
	if s.state == inContent && s.left < 0 && textual(s.buf) && len(s.buf) <= maxText {
		s.text(bytes.TrimSpace(s.buf))
	}
	s.buf, s.state = nil, seeking
}

// step does one thing and says whether there may be another.
func (s *splitter) step() bool {
	switch s.state {
	case seeking:
		return s.seek()
	case inHead:
		return s.head()
	case inContent:
		return s.content()
	case skipping:
		return s.pass()
	}
	return false
}

// pass drops a picture up to its length, or up to the next boundary where the length is wrong.
func (s *splitter) pass() bool {
	n := min(s.left, len(s.buf))
	if i := s.next(); i >= 0 && i < n {
		s.drop(i)
		s.state = seeking
		return true
	}
	if n == len(s.buf) && n < s.left { // the end may be the beginning of a boundary
		n = max(0, n-len(s.bound)-4)
	}
	s.drop(n)
	if s.left -= n; s.left == 0 {
		s.state = seeking
	}
	return s.state == seeking
}

func (s *splitter) drop(n int) { s.buf = s.buf[n:] } // the next append leaves it behind

// seek reads lines until one is a boundary. A text whose headers are missing is one, too.
func (s *splitter) seek() bool {
	i := bytes.IndexByte(s.buf, '\n')
	if i < 0 {
		if len(s.buf) > maxHead { // no line: the rest of a picture, or noise
			s.stray(s.buf[:len(s.buf)-len(s.bound)])
			s.drop(len(s.buf) - len(s.bound))
		}
		return false
	}
	line := bytes.TrimSpace(s.buf[:i])
	switch {
	case s.isBoundary(line):
		s.junk, s.state, s.left = 0, inHead, -1
		if bytes.HasSuffix(line, []byte("--")) && len(line) > len(s.bound) { // the last one
			s.state = seeking
		}
	case len(line) > 0:
		s.stray(line)
	}
	s.drop(i + 1)
	return true
}

// stray counts what is no part. Each run of it is told once.
func (s *splitter) stray(p []byte) {
	if s.junk == 0 {
		s.refuse("stray bytes between parts", p)
	}
	if s.junk += len(p) + 1; s.junk > maxJunk {
		s.bound, s.junk = nil, 1
	}
}

// isBoundary knows the boundary, with or without the end mark; any line of the form is one while none is known: some
// devices announce another one than they use.
func (s *splitter) isBoundary(line []byte) bool {
	if s.bound != nil && bytes.HasSuffix(line, s.bound) { // the line before it may have lost its end
		return true
	}
	for _, known := range [][]byte{s.bound, s.want} {
		if rest, ok := bytes.CutPrefix(line, known); known != nil && ok && (len(rest) == 0 || string(rest) == "--") {
			s.bound = known
			return true
		}
	}
	plain := bytes.TrimSuffix(line, []byte("--"))
	if s.bound != nil || len(plain) < 3 || len(plain) > maxBoundary || !bytes.HasPrefix(plain, []byte("--")) || bytes.ContainsAny(plain, " <>{}\"\x00") {
		return false
	}
	s.bound = bytes.Clone(plain)
	return true
}

// head reads the headers up to the empty line. Content that begins without one is content.
func (s *splitter) head() bool {
	i := bytes.IndexByte(s.buf, '\n')
	if i < 0 {
		if len(s.buf) > maxHead {
			s.state = seeking
			return true
		}
		if len(s.buf) == 0 || s.buf[0] != '{' && s.buf[0] != '<' {
			return false
		}
	}
	if s.buf[0] == '{' || s.buf[0] == '<' {
		s.state = inContent
		return true
	}
	line := bytes.TrimSpace(s.buf[:i])
	switch key, value, ok := bytes.Cut(line, []byte{':'}); {
	case len(line) == 0:
		s.state = inContent
	case s.bound != nil && bytes.Equal(line, s.bound): // a part of nothing
		s.left = -1
	case ok && bytes.EqualFold(bytes.TrimSpace(key), []byte("Content-Length")):
		if n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31); err == nil && n <= maxPicture {
			s.left = int(n)
		}
	}
	s.drop(i + 1)
	return true
}

// content looks at the first byte and waits for the rest of a text.
func (s *splitter) content() bool {
	if s.left == 0 {
		s.state = seeking
		return true
	}
	if !textual(s.buf) {
		if len(bytes.TrimSpace(s.buf)) == 0 && len(s.buf) < maxHead && (s.left < 0 || len(s.buf) < s.left) {
			return false // nothing but blanks yet
		}
		return s.skip()
	}
	if s.left > maxText || s.left < 0 && len(s.buf) > maxText {
		s.refuse("event too large", s.buf[:min(len(s.buf), maxHead)])
		return s.skip()
	}
	if end := s.next(); end >= 0 && (s.left < 0 || end < s.left) { // the length is wrong, or was not said
		return s.give(end)
	}
	if s.left < 0 || len(s.buf) < s.left {
		return false
	}
	return s.give(s.left)
}

func (s *splitter) give(n int) bool {
	s.text(bytes.TrimSpace(s.buf[:n]))
	s.drop(n)
	s.state = seeking
	return true
}

// next finds the boundary inside what is read of the content; -1: not there.
func (s *splitter) next() int {
	if s.bound == nil {
		return -1
	}
	from := 0
	for {
		i := bytes.Index(s.buf[from:], s.bound)
		if i < 0 {
			return -1
		}
		i += from
		rest := bytes.TrimLeft(s.buf[i+len(s.bound):], "-")
		if len(rest) > 0 && (rest[0] == '\r' || rest[0] == '\n') { // the line before it may have lost its end
			return i
		}
		from = i + 1
	}
}

func (s *splitter) skip() bool {
	s.state = skipping
	if s.left < 0 {
		s.left = maxPicture
	}
	return true
}

// textual says whether content begins as JSON or XML does. A byte order mark may come first.
func textual(p []byte) bool {
	p = bytes.TrimLeft(bytes.TrimPrefix(p, []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(p) > 0 && (p[0] == '{' || p[0] == '<')
}
