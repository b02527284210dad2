// Package webhook posts incidents to a URL, signed, with retries that a slow or absent receiver cannot turn into a queue
// without bound. A storm of alerts becomes one digest.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
)

// Limits of the notifier.
const (
	queueLength      = 256
	defaultPerMinute = 20 // what the strictest chat services take
	tries            = 6
	requestTimeout   = 10 * time.Second
)

// SignatureHeader carries the hex HMAC-SHA256 of the body with the shared secret.
const SignatureHeader = "X-HallPulse-Signature"

// KeyHeader names a message: a receiver that sees one twice may drop the second.
const KeyHeader = "Idempotency-Key"

// ErrPermanent marks an answer that another try cannot change.
var ErrPermanent = errors.New("refused for good")

// Options of a notifier.
type Options struct {
	URL       string
	Secret    string        // empty: unsigned
	PerMinute int           // more messages than this in a minute become one digest; 0: 20
	Logger    *slog.Logger  // nil: discard
	Client    *http.Client  // nil: one with a timeout
	Retry     time.Duration // first wait between tries, doubled each time; 0: 1 s
}

// Message is the body of a post.
type Message struct {
	Event     string           `json:"event"` // firing, acknowledged, resolved, digest
	Hall      hall.HallID      `json:"hall,omitempty"`
	HallName  hall.Text        `json:"hall_name,omitzero"`
	Text      hall.Text        `json:"text"`
	Incident  *alert.Incident  `json:"incident,omitempty"`
	Incidents []alert.Incident `json:"incidents,omitempty"` // of a digest
	key       string
}

// Notifier posts what Notify was told. It implements alert.Notifier.
type Notifier struct {
	opts    Options
	queue   chan Message
	dropped atomic.Uint64
	sent    atomic.Uint64
}

var _ alert.Notifier = (*Notifier)(nil)

// New checks the address; nothing is sent before Run.
func New(o Options) (*Notifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("webhook: %q is no http or https address", o.URL)
	}
	if o.PerMinute <= 0 {
		o.PerMinute = defaultPerMinute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: requestTimeout}
	}
	if o.Retry <= 0 {
		o.Retry = time.Second
	}
	return &Notifier{opts: o, queue: make(chan Message, queueLength)}, nil
}

// Dropped counts messages that found the queue full, Sent those a receiver took.
func (n *Notifier) Dropped() uint64 { return n.dropped.Load() }

// Sent counts messages that a receiver took.
func (n *Notifier) Sent() uint64 { return n.sent.Load() }

// Waiting counts messages in the queue.
func (n *Notifier) Waiting() int { return len(n.queue) }

// Notify queues a message and never waits.
func (n *Notifier) Notify(i alert.Incident, v live.View) {
	m := Message{Event: string(i.Status), Hall: i.Hall, HallName: v.Desc.Name, Text: Words(i, v.Desc), Incident: &i, key: i.ID + "-" + string(i.Status)}
	select {
	case n.queue <- m:
	default:
		n.dropped.Add(1)
	}
}

// Run posts until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	window, count := time.Now(), 0
	for {
		var m Message
		select {
		case <-ctx.Done():
			return
		case m = <-n.queue:
		}
		if time.Since(window) >= time.Minute {
			window, count = time.Now(), 0
		}
		if count++; count > n.opts.PerMinute {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(window.Add(time.Minute))):
			}
			m = n.digest(m)
			window, count = time.Now(), 1
		}
		if err := n.deliver(ctx, m); err != nil && ctx.Err() == nil {
			n.opts.Logger.Error("webhook gave up", "event", m.Event, "hall", m.Hall, "err", err)
		}
	}
}

// digest gathers m and all that waits behind it into one message.
func (n *Notifier) digest(m Message) Message {
	d := Message{Event: "digest", key: "digest-" + m.key}
	for {
		if m.Incident != nil {
			d.Incidents = append(d.Incidents, *m.Incident)
		}
		select {
		case m = <-n.queue:
		default:
			d.Text = hall.Text{ZH: fmt.Sprintf("一分钟内有 %d 条告警变化", len(d.Incidents)), EN: fmt.Sprintf("%d changes of alerts within a minute", len(d.Incidents))}
			return d
		}
	}
}

// deliver tries until the receiver took the message, refused it for good, or the tries are used up.
func (n *Notifier) deliver(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	wait := n.opts.Retry
	for try := 1; ; try++ {
		if err = n.post(ctx, m.key, body); err == nil {
			n.sent.Add(1)
			return nil
		}
		if errors.Is(err, ErrPermanent) || try == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait *= 2
	}
}

func (n *Notifier) post(ctx context.Context, key string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.opts.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: %w: %w", ErrPermanent, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(KeyHeader, key)
	if n.opts.Secret != "" {
		req.Header.Set(SignatureHeader, Sign(n.opts.Secret, body))
	}
	res, err := n.opts.Client.Do(req)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode >= 500, res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusRequestTimeout:
		return fmt.Errorf("webhook: %s", res.Status)
	}
	return fmt.Errorf("webhook: %w: %s", ErrPermanent, res.Status)
}

// Sign gives the signature of a body.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
