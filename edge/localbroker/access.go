package localbroker

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// may says whether a topic, or a filter, lies under the user's topics. A filter with a wildcard above the end of one
// reaches beyond it and is not allowed.
func (a account) may(topic string) bool {
	if topic == "" || strings.HasPrefix(topic, "$") {
		return false
	}
	if len(a.topics) == 0 {
		return true
	}
	return slices.ContainsFunc(a.topics, func(own string) bool { return topic == own || strings.HasPrefix(topic, own+"/") })
}

// shelf counts what is retained. mochi itself retains without bounds.
type shelf struct {
	sizes map[string]int // bytes by topic
	total int
}

// weight is what a message takes; a topic takes room beside it.
func weight(topic string, size int) int { return size + len(topic) }

// fits says whether a message may be retained. An empty one removes what is there.
func (s *shelf) fits(topic string, size int) bool {
	old, there := s.sizes[topic]
	if size == 0 {
		return true
	}
	return (there || len(s.sizes) < MaxRetained) && s.total-old+weight(topic, size) <= MaxRetainBytes
}

// put notes a message that was retained, or removed.
func (s *shelf) put(topic string, size int) {
	s.total -= s.sizes[topic]
	delete(s.sizes, topic)
	if size > 0 {
		s.sizes[topic] = weight(topic, size)
		s.total += weight(topic, size)
	}
}

// Bounds of what is logged of refusals.
const (
	logEvery = time.Minute
	maxNoted = 256
	maxShown = 64 // bytes of a name that a stranger gave
)

// quiet lets the first of a kind through, and then one a minute.
type quiet struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (q *quiet) first(kind string, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if at, ok := q.last[kind]; ok && now.Sub(at) < logEvery {
		return false
	}
	if q.last == nil || len(q.last) >= maxNoted {
		q.last = map[string]time.Time{}
	}
	q.last[kind] = now
	return true
}

// turnAway counts a refusal and logs it now and then.
func (h *hook) turnAway(what, user, remote, topic, reason string) {
	h.refused.Add(1)
	if h.noted.first(what+" "+clean(user)+" "+reason, time.Now()) {
		h.log.Warn("localbroker: refused", "what", what, "user", clean(user), "remote", remote, "topic", clean(topic), "reason", reason)
	}
}

// clean makes what a stranger gave fit for a log.
func clean(s string) string {
	s = s[:min(len(s), maxShown)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\x7f' || r == '\ufffd' {
			return '?'
		}
		return r
	}, s)
}
