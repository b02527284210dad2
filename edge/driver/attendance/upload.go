package attendance

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
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
	body, done, ok := s.body(c, t)
	if !ok {
		t.setBehind()
		return
	}
	defer done()
	if strings.EqualFold(c.query.Get("contenttype"), "tgz") {
		t.refuse("cdata", "packed body", nil)
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

// room waits for a place of the terminal's own and then for one of all; leave gives both back.
func (s *Server) room(ctx context.Context, t *Terminal) (leave func(), ok bool) {
	ctx, cancel := context.WithTimeout(ctx, s.times.slot)
	defer cancel()
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, false
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		<-t.slots
		return nil, false
	}
	return func() { <-s.slots; <-t.slots }, true
}

// body reads a request's body within the limits; done gives its room back. When ok is false it has answered.
func (s *Server) body(c *call, t *Terminal) (body []byte, done func(), ok bool) {
	if done, ok = s.room(c.r.Context(), t); !ok {
		s.later(c.w)
		return nil, nil, false
	}
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(c.r.Body, MaxBody+1))
	if err == nil && n <= MaxBody {
		return buf.Bytes(), done, true
	}
	done()
	if err == nil {
		s.log.Warn("attendance: body too large", "serial", c.serial, "limit", MaxBody)
		c.w.Header().Set("Connection", "close")
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

// operlog takes the lines of an audit log. Of users their numbers are counted; templates and photographs are dropped.
func (t *Terminal) operlog(body []byte) (n int) {
	n, _ = lines(body, func(line []byte) error {
		word, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		switch string(word[:min(len(word), 16)]) {
		case "OPLOG":
			t.operation(line)
		case "USER":
			t.user(line)
		default:
			t.count(func(st *Status) { st.Dropped++ })
		}
		return nil
	})
	return n
}

func (t *Terminal) operation(line []byte) {
	o, err := ParseOperation(line, t.opts.location())
	if err != nil {
		t.count(func(st *Status) { st.Operations++ })
		t.refuse("operlog", err.Error(), line)
		return
	}
	now := t.srv.opts.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Operations++
	if o.Type == opTimeSet && o.Text > t.status.Log.LastTimeSet { // not one that is told again
		t.clock.set()
	}
	t.status.Log.note(&o)
	t.troubles.alarm(&o, now.Add(t.clock.skew))
	t.tell(t.sink)
}

// user counts a user's line, and its number once.
func (t *Terminal) user(line []byte) {
	pin, ok := userPIN(line)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Users++
	if ok && len(t.pins) < maxPINs {
		t.pins[pin] = struct{}{}
	}
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
