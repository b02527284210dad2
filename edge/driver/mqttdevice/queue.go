package mqttdevice

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"hallpulse/edge/driver"
)

// subscription is the messages that wait for one device.
type subscription struct {
	filters []string
	queue   chan driver.Message
	bytes   atomic.Int64
	heard   map[string]struct{} // topics; of the goroutine that calls put
	full    chan struct{}       // closed once messages were lost
	lost    atomic.Bool
}

func newSubscription(filters []string) *subscription {
	return &subscription{filters: slices.Clone(filters), queue: make(chan driver.Message, maxQueued), full: make(chan struct{}),
		heard: map[string]struct{}{}}
}

func (s *subscription) wants(topic string) bool {
	return slices.ContainsFunc(s.filters, func(f string) bool { return Match(f, topic) })
}

// maxHeard bounds the topics that a subscription remembers.
const maxHeard = 4096

// known notes a topic and says whether it was heard before.
func (s *subscription) known(topic string) bool {
	_, known := s.heard[topic]
	if !known && len(s.heard) < maxHeard {
		s.heard[topic] = struct{}{}
	}
	return known
}

// put queues a message. It is called by one goroutine at a time and never waits. What is retained is for those who have
// heard nothing of its topic: to the others it would be older than what they know.
func (s *subscription) put(m driver.Message) {
	if known := s.known(m.Topic); s.lost.Load() || known && m.Retained {
		return
	}
	size := int64(len(m.Payload))
	if s.bytes.Load()+size <= maxQueuedBytes {
		select {
		case s.queue <- m:
			s.bytes.Add(size)
			return
		default:
		}
	}
	s.lost.Store(true)
	close(s.full)
}

// play hands the queued messages over until ctx or the connection ends, or messages were lost. What came before the end of
// the connection is handed over: it was said.
func (s *subscription) play(ctx context.Context, from *session, handle func(driver.Message)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.full:
			return fmt.Errorf("mqttdevice: %w", ErrSlow)
		case m := <-s.queue:
			s.bytes.Add(-int64(len(m.Payload)))
			handle(m)
			continue
		case <-from.gone:
		}
		for len(s.queue) > 0 && ctx.Err() == nil {
			handle(<-s.queue)
		}
		return from.why()
	}
}

// Match says whether a topic fits a filter (MQTT 3.1.1, 4.7).
func Match(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && !strings.HasPrefix(filter, "$") {
		return false // 4.7.2
	}
	for {
		f, restF, moreF := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, restT, moreT := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !moreT {
			return !moreF || restF == "#" // 4.7.1.2: # is the parent too
		}
		if !moreF {
			return false
		}
		filter, topic = restF, restT
	}
}
