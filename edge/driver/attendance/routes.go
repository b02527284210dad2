package attendance

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"hallpulse/edge/inbound"
)

// call is one request of a terminal, its query read.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	query  url.Values
	serial string
	from   netip.Addr
}

// ServeHTTP answers a terminal. It is no ServeMux: that would redirect, which terminals do not follow.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, inside := route(r.URL.Path)
	c := &call{w: w, r: r, query: foldQuery(r.URL.RawQuery), from: inbound.AddrOf(r.RemoteAddr)}
	if !inside && !spoken(name) {
		s.say(w, http.StatusNotFound, "not found")
		return
	}
	c.serial = c.query.Get("sn")
	if !validSerial(c.serial) {
		s.nameless(c, name)
		return
	}
	t := s.terminal(c.serial)
	if t == nil || !t.believes(c.from) {
		s.stranger(c, name)
		return
	}
	t.touch(c.from, name == "getrequest", clip(c.query.Get("info"), maxInfo))
	switch name {
	case "cdata":
		s.cdata(c, t)
	case "getrequest":
		s.getrequest(c, t)
	case "devicecmd":
		s.devicecmd(c, t)
	default: // ping, options and what later firmware may add: never an error page
		s.say(w, http.StatusOK, "OK")
	}
}

// route gives the last part of the path without prefix and suffix, and whether it had the prefix.
func route(path string) (name string, inside bool) {
	path = strings.Trim(strings.ToLower(path), "/")
	rest, inside := strings.CutPrefix(path, "iclock/")
	if path == "iclock" {
		rest, inside = "", true
	}
	rest = strings.Trim(rest, "/")
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, ".aspx"), ".php")
	return rest, inside
}

// spoken tells whether the protocol knows the name: some firmware leaves the prefix out.
func spoken(name string) bool {
	switch name {
	case "cdata", "getrequest", "devicecmd", "ping", "options", "exchange", "registry", "push":
		return true
	}
	return false
}

// foldQuery reads a query with its keys in lower case; what cannot be read is left out.
func foldQuery(raw string) url.Values {
	q, _ := url.ParseQuery(raw) // the readable pairs are kept on error
	out := make(url.Values, len(q))
	for k, v := range q {
		if k = strings.ToLower(k); out[k] == nil {
			out[k] = v
		}
	}
	return out
}

func (t *Terminal) believes(from netip.Addr) bool {
	return !t.opts.From.IsValid() || t.opts.From.Contains(from)
}

// nameless answers a request without a serial number. Data are refused, lest the terminal forgets them.
func (s *Server) nameless(c *call, name string) {
	if c.r.Method == http.MethodPost && name != "ping" {
		s.later(c.w)
		return
	}
	s.say(c.w, http.StatusOK, "OK")
}

// stranger answers a terminal that is not configured: the handshake keeps it calling, its data it must keep.
func (s *Server) stranger(c *call, name string) {
	info := c.query.Get("info")
	if d := c.query.Get("devicetype"); d != "" {
		info = "DeviceType=" + d
	}
	s.pending.note(c.serial, c.from, clip(info, maxInfo), s.opts.Now())
	switch {
	case c.r.Method == http.MethodPost:
		s.later(c.w)
	case name == "cdata":
		none := func(string) string { return "" }
		loc := TerminalOptions{}.location()
		s.say(c.w, http.StatusOK, handshake(c.serial, loc, s.opts.Now(), none))
	default:
		s.say(c.w, http.StatusOK, "OK")
	}
}

func (s *Server) getrequest(c *call, t *Terminal) {
	if _, _, end, ok := t.use(); ok {
		defer end()
		t.mu.Lock()
		text, queries := t.commands.due(s.opts.Now())
		if queries {
			t.clock.behind()
		}
		t.mu.Unlock()
		if text != "" {
			s.say(c.w, http.StatusOK, text)
			return
		}
	}
	s.say(c.w, http.StatusOK, "OK")
}

func (s *Server) devicecmd(c *call, t *Terminal) {
	body, done, ok := s.body(c, t)
	if !ok {
		return
	}
	defer done()
	t.mu.Lock()
	t.commands.answer(body, s.opts.Now())
	t.mu.Unlock()
	s.say(c.w, http.StatusOK, "OK")
}

// say answers in plain text with a length: some firmware reads no chunks.
func (s *Server) say(w http.ResponseWriter, code int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(code)
	if _, err := io.WriteString(w, text); err != nil {
		s.log.Debug("attendance: answer not sent", "error", err)
	}
}

// later refuses data in the way that makes a terminal keep them and send them again.
func (s *Server) later(w http.ResponseWriter) {
	w.Header().Set("Retry-After", seconds(errorDelay))
	w.Header().Set("Connection", "close")
	s.say(w, http.StatusServiceUnavailable, "try again later")
}

// clip makes text of a device fit to be shown: valid UTF-8, no control characters, at most n bytes.
func clip(s string, n int) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), n)], ""))
}
