// Package panel serves the hall's own page on the gateway. It works with the county link down: it shows the state that
// the gateway itself folded from its journal, and says whether the county has it too.
package panel

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"hallpulse/dashboards/words"
	"hallpulse/edge/inbound"
	"hallpulse/hall"
)

//go:embed page.html panel.css panel.js messages.json
var files embed.FS

// Limits of the server.
const (
	readTimeout = 10 * time.Second
	stopTimeout = 2 * time.Second
	maxHeader   = 16 << 10
	// A browser opens six; a proxy or a monitor of the office may call for many.
	maxConns     = 128
	maxConnsFrom = 64
)

// Link is what the gateway knows of its way to the county.
type Link struct {
	Alone     bool // the hall has no county
	Connected bool
	Since     time.Time
	LastAck   time.Time // the county's last word that it stored something
	Pending   uint64    // facts not yet stored by the county
	Error     string    // why there is no connection; empty while there is one
}

// Stranger is an attendance terminal that calls but is not configured: it keeps its punches until somebody approves it.
type Stranger struct {
	Serial, Addr string
	Last         time.Time
}

// Refusal is something a device said that could not be understood.
type Refusal struct {
	Device hall.DeviceID
	At     time.Time
	Reason string
	Raw    []byte
}

// Source is what the panel shows.
type Source interface {
	Describe() hall.Hall
	State() hall.State
	Link() Link
	Refusals() []Refusal
	Strangers() []Stranger
	Terminals() []Terminal // of attendance, configured
}

// Options of a panel. Source is required.
type Options struct {
	Listen  string // host:port; empty: 127.0.0.1:8380
	Source  Source
	Metrics http.Handler // nil: none
	Ready   func() error // nil: always
	Logger  *slog.Logger // nil: discard
}

// Panel is the server.
type Panel struct {
	opts     Options
	listener net.Listener
	page     *template.Template
	messages map[string]map[string]string
}

// New opens the listener, so that a port in use is told at the start.
func New(opts Options) (*Panel, error) {
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:8380"
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Panel{opts: opts, messages: map[string]map[string]string{}}
	raw, err := files.ReadFile("messages.json")
	if err == nil {
		err = json.Unmarshal(raw, &p.messages)
	}
	if err != nil {
		return nil, fmt.Errorf("panel: messages: %w", err)
	}
	for lang, m := range p.messages {
		devices, err := words.Load(lang)
		if err != nil {
			return nil, fmt.Errorf("panel: %w", err)
		}
		maps.Copy(m, devices)
	}
	if p.page, err = template.ParseFS(files, "page.html"); err != nil {
		return nil, fmt.Errorf("panel: page: %w", err)
	}
	if p.listener, err = net.Listen("tcp", opts.Listen); err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	return p, nil
}

// Addr is where the panel listens.
func (p *Panel) Addr() string { return p.listener.Addr().String() }

// Run serves until ctx ends.
func (p *Panel) Run(ctx context.Context) error {
	if err := inbound.Serve(ctx, p.listener, inbound.Options{
		Handler: p.routes(), Logger: p.opts.Logger, MaxHeader: maxHeader, Limits: inbound.Limits{Together: maxConns, From: maxConnsFrom},
		Times: inbound.Times{Header: readTimeout, Read: readTimeout, Write: readTimeout, Idle: time.Minute, Stop: stopTimeout},
	}); err != nil {
		return fmt.Errorf("panel: %w", err)
	}
	return nil
}

// Close releases the listener of a panel that never ran.
func (p *Panel) Close() error { return p.listener.Close() }

func (p *Panel) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serve("page.html"))
	mux.HandleFunc("GET /content", p.serve("content"))
	mux.HandleFunc("GET /panel.css", static("panel.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /panel.js", static("panel.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /state.json", p.state)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", p.ready)
	if p.opts.Metrics != nil {
		mux.Handle("GET /metrics", p.opts.Metrics)
	}
	return secure(mux)
}

// secure sets the headers every answer carries.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func static(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		body, err := files.ReadFile(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}
}

func (p *Panel) ready(w http.ResponseWriter, _ *http.Request) {
	if p.opts.Ready != nil {
		if err := p.opts.Ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	_, _ = w.Write([]byte("ready\n"))
}

// state gives the hall's state, but not who is in: nobody logs in here.
func (p *Panel) state(w http.ResponseWriter, _ *http.Request) {
	s := p.opts.Source.State()
	s.Staff.Present = slices.Clone(s.Staff.Present)
	for i := range s.Staff.Present {
		s.Staff.Present[i].Staff = ""
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s)
}

// serve renders the page or its changing part; a template's error never reaches a half-written answer.
func (p *Panel) serve(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		lang := "zh"
		if r.URL.Query().Get("lang") == "en" {
			lang = "en"
		}
		var out bytes.Buffer
		if err := p.page.ExecuteTemplate(&out, name, p.view(lang)); err != nil {
			p.opts.Logger.Error("panel: page", "err", err)
			http.Error(w, "page", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(out.Bytes())
	}
}
