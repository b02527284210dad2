package attendance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Sizes of the pieces in which a body is journalled.
const (
	chunkFacts    = 256
	storeTogether = 64 // appends under way where the sink takes facts one by one; they share the journal's fsync
)

// cdata answers the handshake (GET) and takes data (POST).
func (s *Server) cdata(c *call, t *Terminal) {
	table := strings.ToUpper(c.query.Get("table"))
	if c.r.Method != http.MethodPost {
		if table == "REMOTEATT" {
			s.say(c.w, http.StatusOK, "OK")
			return
		}
		stamp := func(table string) string { return s.opts.Stamps.Stamp(t.opts.Serial, table) }
		s.say(c.w, http.StatusOK, handshake(t.opts.Serial, t.opts.location(), s.opts.Now(), stamp))
		return
	}
	body, done, ok := s.body(c)
	if !ok {
		t.setBehind()
		return
	}
	defer done()
	if strings.EqualFold(c.query.Get("contenttype"), "tgz") {
		t.refuse("packed body", nil)
		s.say(c.w, http.StatusOK, "OK: 0")
		return
	}
	switch table {
	case "ATTLOG":
		s.attlog(c, t, body)
	case "OPERLOG":
		n := t.operlog(body)
		s.stamped(c, t, "OPERLOG", "opstamp")
		s.say(c.w, http.StatusOK, "OK: "+strconv.Itoa(n))
	case "": // some rebrands answer commands here
		t.mu.Lock()
		t.commands.answer(body, s.opts.Now())
		t.mu.Unlock()
		s.say(c.w, http.StatusOK, "OK")
	case "ATTPHOTO", "OPTIONS":
		s.say(c.w, http.StatusOK, "OK")
	default: // templates, cards, errors of the device: counted, not kept
		n, _ := lines(body, func([]byte) error { return nil })
		t.count(func(st *Status) { st.Dropped += n })
		s.say(c.w, http.StatusOK, "OK: "+strconv.Itoa(n))
	}
}

// body reads a request's body within the limits; done gives its room back. When ok is false it has answered.
func (s *Server) body(c *call) (body []byte, done func(), ok bool) {
	wait := time.NewTimer(slotTime)
	defer wait.Stop()
	select {
	case s.slots <- struct{}{}:
	case <-wait.C:
		s.later(c.w)
		return nil, nil, false
	case <-c.r.Context().Done():
		return nil, nil, false
	}
	done = func() { <-s.slots }
	var buf bytes.Buffer
	_, err := io.Copy(&buf, http.MaxBytesReader(c.w, c.r.Body, MaxBody))
	if err == nil {
		return buf.Bytes(), done, true
	}
	done()
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		s.log.Warn("attendance: body too large", "serial", c.serial, "limit", MaxBody)
		s.say(c.w, http.StatusRequestEntityTooLarge, "too large")
	} else { // cut or too slow: half a body is never journalled
		s.later(c.w)
	}
	return nil, nil, false
}

// attlog journals a body of punches, then acknowledges it.
func (s *Server) attlog(c *call, t *Terminal, body []byte) {
	sink, ctx, end, ok := t.use()
	if !ok {
		t.setBehind()
		s.later(c.w)
		return
	}
	defer end()
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		t.setBehind()
		s.later(c.w)
		return
	}
	n, err := newBatch(t, sink).take(ctx, body)
	if err != nil {
		t.setBehind()
		s.log.Warn("attendance: punches not journalled", "serial", c.serial, "error", err)
		s.later(c.w)
		return
	}
	s.stamped(c, t, "ATTLOG", "")
	s.say(c.w, http.StatusOK, "OK: "+strconv.Itoa(n))
}

// stamped keeps the stamp that came with a body now stored.
func (s *Server) stamped(c *call, t *Terminal, table, older string) {
	stamp := c.query.Get("stamp")
	if stamp == "" && older != "" {
		stamp = c.query.Get(older)
	}
	if !validStamp(stamp) {
		return
	}
	if err := s.opts.Stamps.SetStamp(t.opts.Serial, table, stamp); err != nil {
		s.log.Warn("attendance: stamp not kept", "serial", t.opts.Serial, "error", err)
	}
}

// batch journals the punches of one body.
type batch struct {
	t      *Terminal
	sink   driver.Sink
	facts  []hall.Fact
	inside map[Key]bool // of the piece being collected
	fresh  int
	newest time.Time
	single bool
}

func newBatch(t *Terminal, sink driver.Sink) *batch {
	return &batch{t: t, sink: sink, inside: map[Key]bool{}}
}

// take journals every punch of body and gives the number of its lines. On an error some punches may be journalled;
// they are known when the terminal sends the body again.
func (b *batch) take(ctx context.Context, body []byte) (n int, err error) {
	all, _ := lines(body, func([]byte) error { return nil })
	b.single = all == 1
	n, err = lines(body, func(line []byte) error {
		b.line(line)
		if len(b.facts) >= chunkFacts {
			return b.flush(ctx)
		}
		return nil
	})
	if err == nil {
		err = b.flush(ctx)
	}
	if err == nil && b.fresh > 0 && !b.single {
		b.t.learn(b.sink, b.fresh, b.newest)
	}
	return n, err
}

// line collects one punch, or sets the line aside.
func (b *batch) line(line []byte) {
	p, err := ParseLine(line, b.t.opts.Serial, b.t.opts.location())
	if err != nil {
		b.t.refuse(err.Error(), line)
		return
	}
	k := KeyOf(&p)
	if b.inside[k] || b.t.known(k) {
		b.t.count(func(st *Status) { st.Duplicates++ })
		return
	}
	b.fresh++
	if p.At.After(b.newest) {
		b.newest = p.At
	}
	if b.single {
		b.t.learn(b.sink, 1, p.At)
	}
	p.Skew = b.t.skew()
	b.inside[k] = true
	b.facts = append(b.facts, hall.Fact{Kind: hall.KindPunch, Raw: private(line), Punch: &p})
}

// flush journals what was collected.
func (b *batch) flush(ctx context.Context) error {
	defer func() {
		clear(b.facts)
		b.facts = b.facts[:0]
		clear(b.inside)
	}()
	if len(b.facts) == 0 {
		return nil
	}
	if many, ok := b.sink.(FactsSink); ok && len(b.facts) > 1 {
		if err := many.Facts(ctx, b.facts); err != nil {
			return err
		}
		for i := range b.facts {
			b.t.stored(&b.facts[i])
		}
		return nil
	}
	return b.each(ctx)
}

// each journals the collected facts one by one, many at a time.
func (b *batch) each(ctx context.Context) error {
	errs := make([]error, len(b.facts))
	room := make(chan struct{}, storeTogether)
	var wg sync.WaitGroup
	for i := range b.facts {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			if errs[i] = b.sink.Fact(ctx, b.facts[i]); errs[i] == nil {
				b.t.stored(&b.facts[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Terminal) known(k Key) bool {
	if t.srv.memory.has(k) {
		return true
	}
	if t.srv.opts.Known != nil && t.srv.opts.Known(k) {
		t.srv.memory.add(k)
		return true
	}
	return false
}

func (t *Terminal) stored(f *hall.Fact) {
	t.srv.memory.add(KeyOf(f.Punch))
	t.count(func(st *Status) { st.Punches++ })
}

// refuse sets a line aside.
func (t *Terminal) refuse(reason string, line []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Refused++
	if t.sink != nil {
		t.sink.Refused("attlog: "+reason, private(line))
	}
}

// learn takes what new punches say about the terminal's clock.
func (t *Terminal) learn(sink driver.Sink, n int, newest time.Time) {
	now := t.srv.opts.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.clock.batch(n, newest, now) {
		t.clock.report(sink)
	}
}

func (t *Terminal) skew() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clock.skew
}

func (t *Terminal) setBehind() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock.behind()
}

// operlog counts the lines of an audit log. Users, templates and photographs are not for the gateway.
func (t *Terminal) operlog(body []byte) (n int) {
	var ops, users, dropped int
	n, _ = lines(body, func(line []byte) error {
		word, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		switch string(word[:min(len(word), 16)]) {
		case "OPLOG":
			ops++
		case "USER":
			users++
		default:
			dropped++
		}
		return nil
	})
	t.count(func(st *Status) {
		st.Operations += ops
		st.Users += users
		st.Dropped += dropped
	})
	return n
}

// private copies a line for keeping without what is nobody's business: an identity number where the pid dialect has it,
// and the place where the person stood.
func private(line []byte) []byte {
	line = line[:min(len(line), maxLine)]
	if bytes.Count(line, []byte{'\t'}) < 7 {
		return bytes.Clone(line)
	}
	cols := bytes.Split(line, []byte{'\t'})
	for i, c := range cols {
		if i >= 7 && len(bytes.TrimSpace(c)) > 8 {
			cols[i] = []byte{'*'}
		}
	}
	return bytes.Join(cols, []byte{'\t'})
}
