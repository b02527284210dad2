package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"hallpulse/hall"
	"hallpulse/hub/auth"
	"hallpulse/hub/web/stream"
)

// Limits of streams.
const (
	maxStreams        = 2000
	maxStreamsAccount = 64
	streamWrite       = 10 * time.Second // a reader that takes nothing for this long is gone
	streamBeat        = 5 * time.Second  // silence that a page takes for a broken stream is three of these
	streamRecheck     = time.Minute      // who reads is asked again: a session may have ended
	streamRetry       = 1000             // milliseconds before a browser connects again
)

// streams counts the open streams.
type streams struct {
	mu    sync.Mutex
	all   int
	by    map[string]int
	ended sync.WaitGroup
}

func newStreams() *streams { return &streams{by: map[string]int{}} }

func (t *streams) take(account string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all >= maxStreams || t.by[account] >= maxStreamsAccount {
		return false
	}
	t.all++
	t.by[account]++
	t.ended.Add(1)
	return true
}

// Streams counts the open streams of pages and programs.
func (s *Server) Streams() int {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	return s.streams.all
}

func (t *streams) give(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all--
	if t.by[account]--; t.by[account] == 0 {
		delete(t.by, account)
	}
	t.ended.Done()
}

// reader is one open stream. It is used by its own goroutine only.
type reader struct {
	w     *bufio.Writer
	conn  net.Conn
	now   func() time.Time
	alive func() bool
}

// event writes one server-sent event; data must hold no line break, as JSON does not.
func (r *reader) event(name string, data []byte) error {
	_, err := fmt.Fprintf(r.w, "event: %s\ndata: %s\n\n", name, data)
	return err
}

func (r *reader) json(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("web: stream: %w", err)
	}
	return r.event(name, data)
}

func (r *reader) flush() error {
	if r.conn != nil {
		if err := r.conn.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
			return err
		}
	}
	return r.w.Flush()
}

// beat tells the page that the stream lives, and the county's time.
func (r *reader) beat() error {
	return r.event("now", strconv.AppendInt(nil, r.now().UnixMilli(), 10))
}

// serve opens a stream: what tell writes for every change, until the reader or the server goes.
func (s *Server) serve(c *fiber.Ctx, f stream.Filter, first []stream.Key, tell func(*reader, stream.Changes) error) error {
	account := who(c).Name
	if !s.streams.take(account) {
		return problem(fiber.StatusServiceUnavailable, "too many open streams", "", "close some pages and try again")
	}
	c.Set(fiber.HeaderContentType, "text/event-stream; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no")
	sub, cancel := s.hub.Subscribe(f)
	sub.Mark(first...)
	r := &reader{conn: c.Context().Conn(), now: s.o.Now, alive: s.stillKnown(c)}
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer s.streams.give(account)
		defer cancel()
		defer s.contained(account) // the request's own guard has returned: a panic here would end the program
		r.w = w
		if err := s.loop(r, sub, tell); err != nil {
			s.o.Logger.Debug("web: stream ended", "account", account, "error", err)
		}
	})
	return nil
}

// contained ends a stream that panics, and nothing else.
func (s *Server) contained(account string) {
	if p := recover(); p != nil {
		s.o.Logger.Error("web: a stream panics", "account", account, "panic", p, "stack", string(debug.Stack()))
	}
}

func (s *Server) loop(r *reader, sub *stream.Sub, tell func(*reader, stream.Changes) error) error {
	if _, err := fmt.Fprintf(r.w, "retry: %d\n\n", streamRetry); err != nil {
		return err
	}
	if err := r.beat(); err != nil {
		return err
	}
	if err := r.flush(); err != nil {
		return err
	}
	beat, recheck := time.NewTicker(streamBeat), time.NewTicker(streamRecheck)
	defer beat.Stop()
	defer recheck.Stop()
	for {
		var err error
		select {
		case <-sub.Wake():
			err = tell(r, sub.Take())
		case <-beat.C:
			err = r.beat()
		case <-recheck.C:
			if !r.alive() {
				return nil
			}
		case <-s.ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.flush(); err != nil {
			return err
		}
	}
}

// stillKnown gives a check that the same account with the same rights is still behind the request's cookie or token.
func (s *Server) stillKnown(c *fiber.Ctx) func() bool {
	before, bearer, cookie := who(c), c.Get(fiber.HeaderAuthorization), c.Cookies(sessionCookie)
	return func() bool {
		ctx, cancel := s.request()
		defer cancel()
		var now auth.Identity
		var err error
		if before.Token {
			now, err = s.o.Auth.ByToken(ctx, bearer[min(len("Bearer "), len(bearer)):])
		} else {
			now, _, err = s.o.Auth.BySession(ctx, cookie)
		}
		return err == nil && now.Role == before.Role && fmt.Sprint(now.Halls) == fmt.Sprint(before.Halls)
	}
}

// liveEvents is the stream of a page: its fragments, rendered.
func (s *Server) liveEvents(c *fiber.Ctx) error {
	id, lang := who(c), langOf(c)
	want, first, err := s.pageKeys(c)
	if err != nil {
		return err
	}
	f := stream.Filter{Want: func(k stream.Key) bool {
		return want(k) && (k.Hall == "" || id.MaySee(k.Hall))
	}}
	return s.serve(c, f, first, func(r *reader, ch stream.Changes) error {
		for _, k := range ch.Keys {
			if err := s.tellPage(r, k, id, lang); err != nil {
				return err
			}
		}
		return nil
	})
}

// pageKeys says what a page wants, and what it gets first so that nothing between its making and its stream is missed.
func (s *Server) pageKeys(c *fiber.Ctx) (want func(stream.Key) bool, first []stream.Key, err error) {
	alerts := stream.Key{Name: stream.AlertList}
	switch c.Query("page") {
	case "overview":
		first = []stream.Key{{Name: stream.CountyHead}, {Name: stream.CountyOrder}, alerts}
		for _, v := range s.hub.Views(who(c).Scope()) {
			first = append(first, stream.Key{Hall: v.Desc.ID, Name: stream.Row})
		}
		return func(k stream.Key) bool {
			return k.Name == stream.Row || (k.Hall == "" && k.Name != stream.DeviceList)
		}, first, nil
	case "hall":
		id, err := s.visible(c, c.Query("hall"))
		if err != nil {
			return nil, nil, err
		}
		for _, name := range stream.HallFragments() {
			first = append(first, stream.Key{Hall: id, Name: name})
		}
		return func(k stream.Key) bool {
			_, raw := k.Section()
			return k == alerts || (k.Hall == id && !raw && k.Name != stream.Row)
		}, append(first, alerts), nil
	case "devices":
		list := stream.Key{Name: stream.DeviceList}
		return func(k stream.Key) bool { return k == list || k == alerts }, []stream.Key{list, alerts}, nil
	case "alerts":
		return func(k stream.Key) bool { return k == alerts }, []stream.Key{alerts}, nil
	}
	return nil, nil, badParameter("page", "no such page", "one of overview, hall, devices, alerts")
}

// htmlEvent is a fragment's new content.
type htmlEvent struct {
	Key  string `json:"key"`
	HTML string `json:"html"`
}

func (s *Server) tellPage(r *reader, k stream.Key, id auth.Identity, lang string) error {
	if k.Hall != "" {
		html, err := s.hub.Fragment(k, lang)
		if err != nil {
			return err
		}
		return r.json("html", htmlEvent{k.String(), string(html)})
	}
	switch k.Name {
	case stream.CountyHead:
		html, err := s.hub.CountyHead(id.Scope(), lang)
		if err != nil {
			return err
		}
		return r.json("html", htmlEvent{k.String(), string(html)})
	case stream.CountyOrder:
		return r.json("order", s.hub.Order(id.Scope()))
	case stream.DeviceList:
		return r.json("refresh", "devices")
	case stream.AlertList:
		if err := r.json("open", s.openAlerts(id)); err != nil {
			return err
		}
		return r.json("refresh", "alerts")
	}
	return nil
}

// streamView is an event of the API's stream.
type streamView struct {
	Hall    hall.HallID  `json:"hall"`
	Section hall.Section `json:"section,omitempty"` // empty: the link or the description, or the first view
	View    viewJSON     `json:"view"`
}

// apiStream is the stream for programs: views and incidents as JSON.
func (s *Server) apiStream(c *fiber.Ctx) error {
	id := who(c)
	one := hall.HallID("")
	if q := c.Query("hall"); q != "" {
		var err error
		if one, err = s.visible(c, q); err != nil {
			return err
		}
	}
	sees := func(h hall.HallID) bool { return (one == "" || h == one) && id.MaySee(h) }
	f := stream.Filter{Alert: sees, Want: func(k stream.Key) bool {
		_, raw := k.Section()
		return raw && sees(k.Hall)
	}}
	var first []stream.Key
	for _, v := range s.hub.Views(id.Scope()) {
		if sees(v.Desc.ID) {
			first = append(first, stream.Raw(v.Desc.ID, ""))
		}
	}
	return s.serve(c, f, first, s.tellProgram)
}

func (s *Server) tellProgram(r *reader, ch stream.Changes) error {
	for _, k := range ch.Keys {
		section, _ := k.Section()
		v, ok := s.hub.View(k.Hall)
		if !ok {
			continue
		}
		if err := r.json("view", streamView{k.Hall, section, s.viewJSON(v)}); err != nil {
			return err
		}
	}
	if ch.Lost {
		if err := r.json("alerts_lost", "ask /api/v1/alerts"); err != nil {
			return err
		}
	}
	for _, i := range ch.Alerts {
		if err := r.json("alert", i); err != nil {
			return err
		}
	}
	return nil
}
