package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// errAnswer says that the server did not answer as the terminal wants.
var errAnswer = errors.New("terminal: not acknowledged")

// Run lets the terminal live until ctx ends. Failures are what it is there to survive: it tries again.
func (t *Terminal) Run(ctx context.Context) error {
	next := t.o.Now()
	for ctx.Err() == nil {
		wait := next.Sub(t.o.Now())
		if !t.isOffline() {
			err := t.work(ctx, wait <= 0)
			if wait <= 0 {
				next = t.o.Now().Add(t.o.Poll)
			}
			wait = next.Sub(t.o.Now())
			if err != nil {
				t.update(func() { t.hello = false })
				wait = t.o.Retry
			}
			t.rest(ctx, wait, err == nil)
			continue
		}
		t.update(func() { t.hello = false })
		t.rest(ctx, time.Hour, true)
	}
	return nil
}

// rest waits for the next thing to do; after a failure a new punch does not shorten the wait.
func (t *Terminal) rest(ctx context.Context, d time.Duration, wakeable bool) {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	wake := t.wake
	if !wakeable {
		wake = nil
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

func (t *Terminal) isOffline() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.offline
}

// work does what there is to do: the handshake, punches, the poll.
func (t *Terminal) work(ctx context.Context, poll bool) error {
	if err := t.handshake(ctx); err != nil {
		return err
	}
	for {
		more, err := t.push(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if !poll {
		return nil
	}
	if err := t.poll(ctx); err != nil {
		return err
	}
	_, err := t.push(ctx)
	return err
}

func (t *Terminal) handshake(ctx context.Context) error {
	t.mu.Lock()
	done := t.hello && !t.faults.Handshakes
	t.mu.Unlock()
	if done {
		return nil
	}
	text, err := t.send(ctx, http.MethodGet, "cdata", url.Values{"options": {"all"}, "pushver": {"2.4.1"}, "language": {"83"}}, nil, false)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(text, "GET OPTION FROM: "+t.o.Serial) {
		return fmt.Errorf("%w: handshake", errAnswer)
	}
	opts := map[string]string{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "="); ok {
			opts[k] = v
		}
	}
	t.update(func() { t.hello, t.options = true, opts })
	return nil
}

// push posts what was queried or the next punches and tells whether there is more.
func (t *Terminal) push(ctx context.Context) (more bool, err error) {
	if err := t.audit(ctx); err != nil {
		return false, err
	}
	t.mu.Lock()
	f := t.faults
	queried := len(t.extra) > 0
	var records []Record
	if queried {
		records = t.extra[0]
	} else {
		records = slices.Clone(t.memory[t.sent:min(len(t.memory), t.sent+t.o.Batch)])
	}
	from := t.sent
	t.mu.Unlock()
	if len(records) == 0 {
		if queried {
			t.update(func() { t.extra = t.extra[1:] })
		}
		return queried, nil
	}
	if err := t.operlog(ctx, f); err != nil {
		return false, err
	}
	if err := t.post(ctx, f, records); err != nil {
		return false, err
	}
	t.update(func() {
		switch {
		case queried:
			t.extra = t.extra[1:]
		case t.faults.Resend > 0:
			t.faults.Resend--
		case t.sent == from: // not rewound meanwhile
			t.sent += len(records)
		}
		more = t.sent < len(t.memory) || len(t.extra) > 0
	})
	return more, nil
}

func (t *Terminal) post(ctx context.Context, f Faults, records []Record) error {
	body, n := encode(records, f)
	cut := false
	t.update(func() {
		if cut = t.faults.CutBodies > 0; cut {
			t.faults.CutBodies--
		}
	})
	q := url.Values{"table": {"ATTLOG"}, "Stamp": {"9999"}}
	text, err := t.send(ctx, http.MethodPost, "cdata", q, body, cut)
	if err != nil {
		return err
	}
	if text != "OK: "+strconv.Itoa(n) {
		return fmt.Errorf("%w: %.40q for %d lines", errAnswer, text, n)
	}
	return nil
}

// send makes one request and gives the answer's text. With cut the connection breaks in the middle of the body.
func (t *Terminal) send(ctx context.Context, method, name string, q url.Values, body []byte, cut bool) (string, error) {
	q.Set("SN", t.o.Serial)
	var rd io.Reader = bytes.NewReader(body)
	if cut {
		rd = io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{})
	}
	req, err := http.NewRequestWithContext(ctx, method, t.o.Server+t.o.Prefix+"/"+name+t.o.Suffix+"?"+q.Encode(), rd)
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	req.Header.Set("User-Agent", "iClock Proxy/1.09")
	if method == http.MethodPost {
		req.ContentLength = int64(len(body))
		req.Header.Set("Content-Type", "text/plain")
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%w: status %d", errAnswer, resp.StatusCode)
	}
	return string(text), nil
}

// broken is a body that ends too early.
type broken struct{}

// Read fails.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// encode writes records as a body and counts its lines.
func encode(records []Record, f Faults) (body []byte, n int) {
	sep, end := "\t", "\n"
	if f.Spaces {
		sep = " "
	}
	if f.CRLF {
		end = "\r\n"
	}
	var b bytes.Buffer
	for _, r := range records {
		cols := []string{r.PIN, r.Time, strconv.Itoa(r.Status), strconv.Itoa(r.Verify), "0", "0", "0"}
		for len(cols) < f.Columns {
			cols = append(cols, "0")
		}
		if f.Columns > 0 {
			cols = cols[:f.Columns]
		}
		b.WriteString(strings.Join(cols, sep) + end)
	}
	if f.BadDate {
		b.WriteString(strings.Join([]string{"1999", "2026-02-31 08:00:00", "0", "1"}, sep) + end)
		n++
	}
	body = b.Bytes()
	if f.NoLastLF {
		body = bytes.TrimSuffix(body, []byte(end))
	}
	return body, n + len(records)
}
