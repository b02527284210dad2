package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
)

const (
	tries     = 6  // of a message that the receiver answers and cannot take
	maxWaits  = 60 // times Retry: the longest wait between tries
	lookEvery = 30 * time.Second
	grace     = 3 * time.Second // that a stop gives to the post under way, so that an orderly stop repeats nothing
)

// Run posts what waits, and what comes, until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	look := time.NewTicker(lookEvery) // a store that could not be read is read again
	defer look.Stop()
	b := budget{most: n.opts.PerMinute}
	for {
		if err := n.empty(ctx, &b); err != nil && ctx.Err() == nil {
			n.opts.Logger.Error("webhook: what waits cannot be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		case <-look.C:
		}
	}
}

// empty posts until nothing waits.
func (n *Notifier) empty(ctx context.Context, b *budget) error {
	for ctx.Err() == nil {
		limit := 1
		if wait := b.take(time.Now()); wait > 0 {
			if !pause(ctx, wait) {
				return nil
			}
			b.take(time.Now())
			limit = maxDigest
		}
		list, err := n.opts.Outbox.Notices(ctx, Channel, limit)
		if err != nil || len(list) == 0 {
			b.give()
			return err
		}
		next, err := n.one(ctx, list)
		if err != nil {
			return err
		}
		if n.deliver(ctx, next) {
			n.drop(ctx, next)
		}
	}
	return nil
}

// budget counts the messages of a minute.
type budget struct {
	most, count int
	since       time.Time
}

// take gives how long to wait before one more may be posted; 0: it is counted, post it.
func (b *budget) take(now time.Time) time.Duration {
	if now.Sub(b.since) >= time.Minute {
		b.since, b.count = now, 0
	}
	if b.count >= b.most {
		return b.since.Add(time.Minute).Sub(now)
	}
	b.count++
	return 0
}

// give takes back one that was not posted.
func (b *budget) give() { b.count = max(0, b.count-1) }

// one makes one message of several. It is stored before it is posted: a repeat is the same message with the same key.
func (n *Notifier) one(ctx context.Context, list []alert.Notice) (alert.Notice, error) {
	if len(list) == 1 {
		return list[0], nil
	}
	d := Message{Event: "digest"}
	for _, w := range list {
		var m Message
		if err := json.Unmarshal(w.Body, &m); err != nil {
			n.opts.Logger.Error("webhook: a stored message cannot be read", "key", w.Key, "error", err)
			continue
		}
		if m.Incident != nil {
			d.Incidents = append(d.Incidents, *m.Incident)
		}
		d.Incidents = append(d.Incidents, m.Incidents...) // of a digest that was not taken
	}
	d.Text = hall.Text{ZH: fmt.Sprintf("一分钟内有 %d 条告警变化", len(d.Incidents)), EN: fmt.Sprintf("%d changes of alerts within a minute", len(d.Incidents))}
	body, err := json.Marshal(d)
	if err != nil {
		return alert.Notice{}, fmt.Errorf("webhook: %w", err)
	}
	into := list[0]
	into.Body, into.Key = body, fmt.Sprintf("digest-%s-%d", into.Key, list[len(list)-1].ID)
	return into, n.opts.Outbox.MergeNotices(ctx, list, into.Key, into.Body)
}

// deliver tries until the receiver took the message or it is given up; false: ctx ended before.
func (n *Notifier) deliver(ctx context.Context, m alert.Notice) bool {
	wait := n.opts.Retry
	for try := 1; ; try++ {
		err := finished(ctx, func(ctx context.Context) error { return n.post(ctx, m.Key, m.Body) })
		switch {
		case err == nil:
			n.sent.Add(1)
			if try > tries {
				n.opts.Logger.Info("webhook: the receiver takes messages again", "host", n.host)
			}
			return true
		case ctx.Err() != nil:
			return false
		case errors.Is(err, ErrPermanent), errors.Is(err, errFailed) && try >= tries, time.Since(m.Made) >= keepFor:
			n.dropped.Add(1)
			n.opts.Logger.Error("webhook: a message is given up", "key", m.Key, "error", err)
			return true
		case try == tries:
			n.opts.Logger.Warn("webhook: the receiver takes no messages; they wait", "host", n.host, "error", err)
		}
		if !pause(ctx, wait) {
			return false
		}
		wait = min(2*wait, maxWaits*n.opts.Retry)
	}
}

// drop forgets a message. It is tried until it works: the message would be posted again and again otherwise.
func (n *Notifier) drop(ctx context.Context, m alert.Notice) {
	for wait := n.opts.Retry; ; wait = min(2*wait, maxWaits*n.opts.Retry) {
		err := finished(ctx, func(ctx context.Context) error { return n.opts.Outbox.DropNotice(ctx, m.ID) })
		if err == nil || ctx.Err() != nil {
			return
		}
		n.opts.Logger.Error("webhook: a message that is done cannot be forgotten", "key", m.Key, "error", err)
		if !pause(ctx, wait) {
			return
		}
	}
}

// finished does what must not be torn: it goes on for a while after ctx ended.
func finished(ctx context.Context, do func(context.Context) error) error {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if pause(late, grace) {
			cancel()
		}
	})()
	return do(late)
}

// pause waits; false: ctx ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
