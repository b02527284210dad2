// Package ratingpage serves the page that a visitor's telephone opens by the QR code at a window: five words, one press, no
// script, no name. It has a listener of its own, so that visitors' telephones never reach the hall's own page.
//
// A press is one rating however often a telephone sends it: every page carries a slip, signed and good for SlipTime, and the
// slip's serial is the rating's identity. Whether a rating belongs to a service is decided where all ratings are interpreted.
package ratingpage

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"hallpulse/edge/inbound"
	"hallpulse/hall"
)

//go:embed page.html rating.css messages.json
var files embed.FS

// Limits of the server.
const (
	readTimeout = 10 * time.Second
	idleTimeout = 20 * time.Second
	stopTimeout = 2 * time.Second
	maxHeader   = 16 << 10
	maxForm     = 4 << 10
	// A guest network hides its telephones behind one address: they may be many, but not take every connection of the gateway.
	maxConns     = 128
	maxConnsFrom = 96
	recordTime   = 5 * time.Second // a telephone waits no longer for the journal
)

// Rater takes one rating. The same serial again is the same rating.
type Rater interface {
	Rate(ctx context.Context, level int, serial string) error
}

// Point is a window with a QR code.
type Point struct {
	Key    string // in the address, unique
	Window hall.Text
	Rater  Rater
}

// Options of a server. Listen and Points are required.
type Options struct {
	Listen string // host:port
	Hall   hall.Text
	Points []Point
	Logger *slog.Logger     // nil: discard
	Now    func() time.Time // nil: time.Now
}

// Server is the page's server.
type Server struct {
	o        Options
	points   map[string]Point
	page     *template.Template
	messages map[string]map[string]string
	slips    *slips
	pace     *pace
}

// New prepares a server; it listens in Run.
func New(o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, points: map[string]Point{}, messages: map[string]map[string]string{}, slips: newSlips(rand.Reader), pace: newPace()}
	for _, p := range o.Points {
		s.points[p.Key] = p
	}
	raw, err := files.ReadFile("messages.json")
	if err == nil {
		err = json.Unmarshal(raw, &s.messages)
	}
	if err != nil {
		return nil, fmt.Errorf("ratingpage: messages: %w", err)
	}
	if s.page, err = template.ParseFS(files, "page.html"); err != nil {
		return nil, fmt.Errorf("ratingpage: page: %w", err)
	}
	return s, nil
}

// Run listens and serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	ln, err := net.Listen("tcp", s.o.Listen)
	if err != nil {
		return fmt.Errorf("ratingpage: %w", err)
	}
	return s.serve(ctx, ln)
}

func (s *Server) serve(ctx context.Context, ln net.Listener) error {
	if err := inbound.Serve(ctx, ln, inbound.Options{
		Handler: s.routes(), Logger: s.o.Logger, MaxHeader: maxHeader, Limits: inbound.Limits{Together: maxConns, From: maxConnsFrom},
		Times: inbound.Times{Header: readTimeout, Read: readTimeout, Write: readTimeout, Idle: idleTimeout, Stop: stopTimeout},
	}); err != nil {
		return fmt.Errorf("ratingpage: %w", err)
	}
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{key}", s.show)
	mux.HandleFunc("POST /{key}", s.take)
	mux.HandleFunc("GET /rating.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		body, _ := files.ReadFile("rating.css") // embedded above
		_, _ = w.Write(body)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// show gives the page with a new slip.
func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	if p, ok := s.points[r.PathValue("key")]; ok {
		s.answer(w, r, p, http.StatusOK, "")
		return
	}
	http.NotFound(w, r)
}

// take takes one press.
func (s *Server) take(w http.ResponseWriter, r *http.Request) {
	p, ok := s.points[r.PathValue("key")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	status, message := s.rate(w, r, p)
	s.answer(w, r, p, status, message)
}

// rate gives what the visitor is told.
func (s *Server) rate(w http.ResponseWriter, r *http.Request, p Point) (status int, message string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	level, err := strconv.Atoi(r.PostFormValue("level"))
	if err != nil || level < 1 || level > 5 {
		return http.StatusBadRequest, "bad"
	}
	serial, fresh, err := s.slips.read(r.PostFormValue("slip"), p.Key, s.o.Now())
	switch {
	case err != nil:
		return http.StatusGone, "expired"
	case !fresh:
		return http.StatusOK, "again"
	case !s.pace.allows(host(r.RemoteAddr), s.o.Now()):
		s.slips.giveBack(serial)
		return http.StatusTooManyRequests, "busy"
	}
	ctx, cancel := context.WithTimeout(r.Context(), recordTime)
	defer cancel()
	if err := p.Rater.Rate(ctx, level, serial); err != nil {
		s.slips.giveBack(serial) // the visitor may press again
		s.o.Logger.Warn("rating not recorded", "point", p.Key, "err", err)
		return http.StatusServiceUnavailable, "away"
	}
	return http.StatusOK, "thanks"
}

// face is one of the five buttons.
type face struct {
	Level int
	Word  string
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, p Point, status int, message string) {
	lang := "zh"
	if r.URL.Query().Get("lang") == "en" {
		lang = "en"
	}
	t := s.messages[lang]
	data := struct {
		Hall, Window, Key, Slip, Message string
		T                                map[string]string
		Levels                           []face
	}{Hall: s.o.Hall.In(lang), Window: p.Window.In(lang), Key: p.Key, Message: t[message], T: t}
	if message == "" {
		data.Slip = s.slips.issue(p.Key, s.o.Now())
		for level := 5; level >= 1; level-- {
			data.Levels = append(data.Levels, face{level, t[strconv.Itoa(level)]})
		}
	}
	var out bytes.Buffer
	if err := s.page.Execute(&out, data); err != nil {
		s.o.Logger.Error("ratingpage: page", "err", err)
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

func host(addr string) string {
	h, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return h
}
