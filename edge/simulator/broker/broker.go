// Package broker is an MQTT broker in memory, as far as devices and their drivers can see one: retained messages, the wildcards
// + and #, and a connection that is lost and comes back. It speaks no MQTT.
package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"hallpulse/edge/driver"
)

// Limits of a broker.
const (
	maxQueue    = 4096 // messages that wait for one subscriber; more are a lost connection
	maxRetained = 4096 // topics
)

// ErrLost says that there is no connection to the broker.
var ErrLost = errors.New("broker: connection lost")

var _ driver.Broker = (*Broker)(nil)

// Broker keeps retained messages and gives every message to who wants it. Use New. Its methods may be called at any time.
type Broker struct {
	mu       sync.Mutex
	offline  bool
	retained map[string][]byte
	subs     map[*subscription]bool
	changed  chan struct{} // closed when a subscription comes or goes
}

// subscription is one call of Subscribe.
type subscription struct {
	filters []string
	queue   []driver.Message
	lost    bool
	wake    chan struct{}
}

// New gives a broker that is connected and knows nothing.
func New() *Broker {
	return &Broker{retained: map[string][]byte{}, subs: map[*subscription]bool{}, changed: make(chan struct{})}
}

// Offline breaks the connection of everybody, or lets them connect again. Retained messages stay.
func (b *Broker) Offline(off bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offline = off
	if off {
		for s := range b.subs {
			s.lose()
		}
	}
}

// Subscribers waits until n calls of Subscribe run, or ctx ends.
func (b *Broker) Subscribers(ctx context.Context, n int) error {
	for {
		b.mu.Lock()
		have, changed := len(b.subs), b.changed
		b.mu.Unlock()
		if have == n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("broker: %d subscribers, want %d: %w", have, n, ctx.Err())
		}
	}
}

// Retained gives what is kept of a topic, nil: nothing.
func (b *Broker) Retained(topic string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.retained[topic])
}

// Publish gives a message to every subscriber whose filters match, once, and keeps it when it is to be retained; an empty
// retained message forgets the topic (MQTT 3.1.1, 3.3.1.3).
func (b *Broker) Publish(_ context.Context, topic string, payload []byte, retain bool) error {
	if topic == "" || strings.ContainsAny(topic, "+#\x00") {
		return fmt.Errorf("broker: %q is no topic", topic)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.offline {
		return ErrLost
	}
	payload = bytes.Clone(payload)
	switch {
	case retain && len(payload) == 0:
		delete(b.retained, topic)
	case retain && len(b.retained) < maxRetained:
		b.retained[topic] = payload
	}
	for s := range b.subs {
		s.give(driver.Message{Topic: topic, Payload: payload})
	}
	return nil
}

// Subscribe gives retained messages and then every new one to handle, in order, from the caller's goroutine, until ctx ends
// (nil) or the connection is lost (ErrLost).
func (b *Broker) Subscribe(ctx context.Context, filters []string, connected func(), handle func(driver.Message)) error {
	s, err := b.join(filters)
	if err != nil {
		return err
	}
	defer b.leave(s)
	if connected != nil {
		connected()
	}
	for {
		messages, lost := b.take(s)
		for _, m := range messages {
			if ctx.Err() != nil {
				return nil
			}
			m.Payload = bytes.Clone(m.Payload) // it is the receiver's during the call
			handle(m)
		}
		if lost {
			return ErrLost
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

func (b *Broker) join(filters []string) (*subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.offline {
		return nil, ErrLost
	}
	s := &subscription{filters: slices.Clone(filters), wake: make(chan struct{}, 1)}
	for _, topic := range slices.Sorted(maps.Keys(b.retained)) {
		s.give(driver.Message{Topic: topic, Payload: b.retained[topic], Retained: true})
	}
	b.subs[s] = true
	b.tell()
	return s, nil
}

func (b *Broker) leave(s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subs, s)
	b.tell()
}

func (b *Broker) tell() {
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *Broker) take(s *subscription) (messages []driver.Message, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	messages, s.queue = s.queue, nil
	return messages, s.lost
}

// give queues a message; the broker's lock is held.
func (s *subscription) give(m driver.Message) {
	if s.lost || !slices.ContainsFunc(s.filters, func(f string) bool { return Match(f, m.Topic) }) {
		return
	}
	if len(s.queue) == maxQueue {
		s.lose()
		return
	}
	s.queue = append(s.queue, m)
	s.signal()
}

func (s *subscription) lose() {
	s.lost = true
	s.signal()
}

func (s *subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Match says whether a filter takes a topic (MQTT 3.1.1, 4.7): + is one level, # all that follow and the level before it.
// Wildcards at the beginning do not take topics that begin with $.
func Match(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return false
	}
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	for i, level := range f {
		switch {
		case level == "#":
			return i == len(f)-1
		case i >= len(t) || level != "+" && level != t[i]:
			return false
		}
	}
	return len(f) == len(t)
}
