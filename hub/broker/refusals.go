package broker

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Refusal is what was turned away since the last report, and how often.
type Refusal struct {
	What   string // connection, publish, subscribe
	Who    string // the user name given, which nobody has checked; never a password
	Remote string // address without the port
	Topic  string
	Reason string
	Count  uint64
	First  time.Time
	Last   time.Time
}

const (
	reportEvery   = time.Second
	reportLimit   = 5 * time.Second
	maxKinds      = 256 // different refusals of one report; further ones are counted under "others"
	maxRefusalStr = 128
)

// refusals gathers refusals, so that a flood of them costs one report a second.
type refusals struct {
	to    Refusals
	now   func() time.Time
	log   *slog.Logger
	every time.Duration
	total atomic.Uint64

	mu    sync.Mutex
	kinds map[Refusal]*Refusal // by everything but Count and times
	quit  chan struct{}
	done  chan struct{}
}

func newRefusals(o Options) *refusals {
	return &refusals{to: o.Refusals, now: o.Now, log: o.Logger, every: o.report, kinds: map[Refusal]*Refusal{},
		quit: make(chan struct{}), done: make(chan struct{})}
}

func (r *refusals) note(x Refusal) {
	r.total.Add(1)
	if host, _, err := net.SplitHostPort(x.Remote); err == nil {
		x.Remote = host
	}
	x.Who, x.Topic = clean(x.Who), clean(x.Topic)
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.kinds[x]
	if !ok && len(r.kinds) >= maxKinds {
		x = Refusal{What: x.What, Reason: "others"}
		k, ok = r.kinds[x]
	}
	if !ok {
		k = &Refusal{What: x.What, Who: x.Who, Remote: x.Remote, Topic: x.Topic, Reason: x.Reason, First: now}
		r.kinds[x] = k
	}
	k.Count, k.Last = k.Count+1, now
}

// clean makes what a stranger wrote fit to be shown and logged.
func clean(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxRefusalStr)], "?")
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, s)
}

func (r *refusals) run() {
	defer close(r.done)
	tick := time.NewTicker(r.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.report()
		case <-r.quit:
			r.report()
			return
		}
	}
}

func (r *refusals) report() {
	r.mu.Lock()
	var list []Refusal
	for _, k := range r.kinds {
		list = append(list, *k)
	}
	clear(r.kinds)
	r.mu.Unlock()
	if len(list) == 0 {
		return
	}
	for _, x := range list {
		r.log.Warn("broker: refused", "what", x.What, "who", x.Who, "remote", x.Remote, "topic", x.Topic, "reason", x.Reason, "count", x.Count)
	}
	if r.to == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), reportLimit)
	defer cancel()
	if err := r.to.NoteRefusals(ctx, list); err != nil {
		r.log.Error("broker: refusals cannot be kept", "error", err)
	}
}

func (r *refusals) close() {
	close(r.quit)
	<-r.done
}
