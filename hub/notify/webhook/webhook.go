// Package webhook posts incidents to a URL, signed. What is to be posted waits in the hub's store from the transaction that
// changed the incident until the receiver took it, so each message arrives at least once, also when the hub dies in
// between; a repeat carries the same key, and a receiver may drop it. A storm of alerts becomes one digest.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
)

// Channel names the notices of this notifier in the store.
const Channel = "webhook"

// Limits of the notifier.
const (
	defaultPerMinute = 20             // what the strictest chat services take
	maxDigest        = 200            // incidents of a digest
	keepFor          = 24 * time.Hour // a message older than this is news to nobody
	requestTimeout   = 10 * time.Second
)

// Outbox holds what waits. The hub's store is one.
type Outbox interface {
	Notices(ctx context.Context, channel string, limit int) ([]alert.Notice, error) // the oldest first
	DropNotice(ctx context.Context, id int64) error
	MergeNotices(ctx context.Context, list []alert.Notice, key string, body []byte) error // into one, at the place of the first
}

// Options of a notifier. URL and Outbox are required.
type Options struct {
	URL       string
	Outbox    Outbox
	Secret    string        // empty: unsigned
	PerMinute int           // more messages than this in a minute become one digest; 0: 20
	Logger    *slog.Logger  // nil: discard
	Client    *http.Client  // nil: one with a timeout that follows no redirection
	Retry     time.Duration // first wait between tries, doubled each time up to sixty times; 0: 1 s
}

// Message is the body of a post.
type Message struct {
	Event     string           `json:"event"` // firing, acknowledged, resolved, digest
	Hall      hall.HallID      `json:"hall,omitempty"`
	HallName  hall.Text        `json:"hall_name,omitzero"`
	Text      hall.Text        `json:"text"`
	Incident  *alert.Incident  `json:"incident,omitempty"`
	Incidents []alert.Incident `json:"incidents,omitempty"` // of a digest
}

// Notifier posts what waits in the outbox. It implements alert.Notifier.
type Notifier struct {
	opts    Options
	host    string // of the URL; the rest of it may be secret
	wake    chan struct{}
	dropped atomic.Uint64
	sent    atomic.Uint64
}

var _ alert.Notifier = (*Notifier)(nil)

// New checks the address; nothing is posted before Run.
func New(o Options) (*Notifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("webhook: the URL is no http or https address")
	}
	if o.Outbox == nil {
		return nil, errors.New("webhook: an outbox is needed")
	}
	if o.PerMinute <= 0 {
		o.PerMinute = defaultPerMinute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		// A post that is redirected becomes a GET, whose success would be nobody's.
		o.Client = &http.Client{Timeout: requestTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if o.Retry <= 0 {
		o.Retry = time.Second
	}
	return &Notifier{opts: o, host: u.Host, wake: make(chan struct{}, 1)}, nil
}

// Dropped counts messages that were given up: refused for good, or not taken for a day.
func (n *Notifier) Dropped() uint64 { return n.dropped.Load() }

// Sent counts messages that the receiver took.
func (n *Notifier) Sent() uint64 { return n.sent.Load() }

// Word makes the message about a change of an incident.
func (n *Notifier) Word(i alert.Incident, d hall.Hall) (alert.Notice, error) {
	body, err := json.Marshal(Message{Event: string(i.Status), Hall: i.Hall, HallName: d.Name, Text: Words(i, d), Incident: &i})
	if err != nil {
		return alert.Notice{}, fmt.Errorf("webhook: %w", err)
	}
	return alert.Notice{Channel: Channel, Key: i.ID + "-" + string(i.Status), Body: body}, nil
}

// Wake says that there is something new in the outbox.
func (n *Notifier) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}
