package modbus

import (
	"bytes"
	"errors"
	"fmt"
)

// Causes why a question has no answer, for errors.Is.
var (
	ErrSilent  = errors.New("modbus: no answer")
	ErrGarbled = errors.New("modbus: the answer is damaged")
)

// maxHeard bounds what is kept while an answer is awaited: an echo, noise and a frame.
const maxHeard = 3 * MaxFrame

// Exchange follows what a master hears after it sent a request: it drops its own echo, passes over noise and over the late
// answers of others, and ends with the answer by its length, not by a pause. It is for one goroutine.
type Exchange struct {
	request Request
	sent    []byte
	echoes  bool
	heard   []byte
	other   bool // a whole frame that does not answer was among it
}

// NewExchange begins to wait for the answer to r. echoes says that the adapter hears what it sends, as an earlier exchange has
// found: the answer to a write of one value looks like its echo.
func NewExchange(r Request, echoes bool) (*Exchange, error) {
	sent, err := r.Encode()
	if err != nil {
		return nil, err
	}
	return &Exchange{request: r, sent: sent, echoes: echoes}, nil
}

// Sent gives the frame to send.
func (x *Exchange) Sent() []byte { return x.sent }

// Echoes says whether the adapter hears what it sends.
func (x *Exchange) Echoes() bool { return x.echoes }

// Feed takes what was heard, in any pieces. It gives the answer and its frame once that is whole.
func (x *Exchange) Feed(chunk []byte) (r Reply, frame []byte, ok bool) {
	for len(chunk) > 0 {
		n := min(len(chunk), MaxFrame)
		x.heard = append(x.heard, chunk[:n]...)
		chunk = chunk[n:]
		if r, frame, ok = x.look(); ok {
			return r, frame, true
		}
		if drop := len(x.heard) - maxHeard; drop > 0 {
			x.heard = append(x.heard[:0], x.heard[drop:]...)
		}
	}
	return Reply{}, nil, false
}

// look searches for the answer in what was heard.
func (x *Exchange) look() (Reply, []byte, bool) {
	from := x.heard
	if begins := bytes.HasPrefix(from, x.sent); begins && (x.echoes || !x.request.Function.single()) {
		x.echoes = true
		from = from[len(x.sent):]
	} else if x.echoes && bytes.HasPrefix(x.sent, from) { // the echo is not whole yet
		return Reply{}, nil, false
	}
	for ; len(from) >= minFrame; from = from[1:] {
		n, ok := ReplySize(from)
		if !ok || n > len(from) {
			continue
		}
		r, err := ParseReply(from[:n])
		switch {
		case err != nil:
		case x.request.Answers(r):
			return r, bytes.Clone(from[:n]), true
		default:
			x.other = true
		}
	}
	return Reply{}, nil, false
}

// Fail says why there is no answer when no more is to come: an [ErrSilent], or an [ErrGarbled] with what was heard.
func (x *Exchange) Fail() (raw []byte, err error) {
	raw = x.heard
	if x.echoes {
		raw = bytes.TrimPrefix(raw, x.sent)
	}
	switch {
	case x.other:
		return raw, fmt.Errorf("%w: another frame was heard", ErrSilent)
	case len(raw) == 0:
		return nil, ErrSilent
	}
	return raw, ErrGarbled
}
