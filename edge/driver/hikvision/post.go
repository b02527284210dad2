package hikvision

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// Reasons for which a post is not taken.
var (
	errBusy  = errors.New("hikvision: too many posts at once")
	errCut   = errors.New("hikvision: post cut")
	errLarge = errors.New("hikvision: post too large")
)

// ServeHTTP answers a device that posts. Only 200 makes it forget: it is given once the facts are durable, and to what can
// never be understood, which would come again for ever otherwise.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := s.device(r.URL.Path)
	if d == nil {
		say(w, http.StatusNotFound)
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodPut { // the device's own test of the address
		say(w, http.StatusOK)
		return
	}
	texts, err := s.read(r, d)
	switch {
	case errors.Is(err, errLarge):
		d.refused("post too large", nil)
		w.Header().Set("Connection", "close")
		say(w, http.StatusOK)
		return
	case err != nil:
		s.later(w)
		return
	}
	sink, ctx, end, ok := d.use() // after the body: the driver's end waits for what uses the sink
	if !ok {
		s.later(w)
		return
	}
	defer end()
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	for _, text := range texts {
		if err := d.hear(ctx, sink, text); err != nil {
			s.log.Warn("hikvision: event not taken", "device", string(d.o.ID), "error", err)
			s.later(w)
			return
		}
	}
	say(w, http.StatusOK)
}

// read gives the events of a post, at most maxEvents of them; the pictures between them are dropped as they come.
func (s *Server) read(r *http.Request, d *device) (texts [][]byte, err error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		ctx, cancel := context.WithTimeout(r.Context(), s.times.slot)
		defer cancel()
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-ctx.Done():
			return nil, errBusy
		}
	}
	return events(r.Body, r.Header.Get("Content-Type"), d.refused)
}

// events reads a body of several parts, or of one event alone, whatever the headers say.
func events(body io.Reader, contentType string, refuse func(reason string, raw []byte)) (texts [][]byte, err error) {
	whole := &io.LimitedReader{R: body, N: MaxBody + 1}
	in := bufio.NewReader(whole)
	head, err := in.Peek(sampleBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errCut
	}
	head = bytes.Clone(head)
	take := func(text []byte) {
		if len(texts) < maxEvents {
			texts = append(texts, bytes.Clone(text))
		}
	}
	if textual(head) {
		text, err := io.ReadAll(io.LimitReader(in, maxText+1))
		if err != nil {
			return nil, errCut
		}
		take(text) // one that is too long is refused with the others
	}
	parts := splitter{want: boundary(contentType), refuse: refuse, text: take}
	if textual(head) {
		parts.refuse = func(string, []byte) {} // what follows the event is dropped
	}
	if _, err := io.Copy(feeder{&parts}, in); err != nil {
		return nil, errCut
	}
	if whole.N <= 0 {
		return nil, errLarge
	}
	parts.end()
	if len(texts) == 0 {
		refuse("post without an event", private(head))
	}
	return texts, nil
}

// feeder writes into a splitter.
type feeder struct{ s *splitter }

// Write takes the next bytes; it never fails.
func (f feeder) Write(p []byte) (int, error) {
	f.s.feed(p)
	return len(p), nil
}

// boundary gives the line that a Content-Type announces between parts; nil: none.
func boundary(contentType string) []byte {
	_, params, err := mime.ParseMediaType(contentType)
	if b := params["boundary"]; err == nil && b != "" && len(b) <= maxBoundary-2 {
		return []byte("--" + b)
	}
	return nil
}

// say answers with an empty body.
func say(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(code)
}

// later refuses data in the way that makes a device keep them and post them again.
func (s *Server) later(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(int(reopenPause.Seconds())))
	w.Header().Set("Connection", "close")
	say(w, http.StatusServiceUnavailable)
}
