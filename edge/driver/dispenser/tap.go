package dispenser

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/firmware-bridge/escpos"
)

// Limits and times of reading along.
const (
	maxBacklog  = 4 << 20                // bytes that wait to be read
	abandonTime = 60 * time.Second       // a job of a printer with a cutter that does not go on
	pauseCheck  = 250 * time.Millisecond // how often pauses are looked for
)

// tap reads along with one connection of the queue machine. All but feed and busy is for the reading goroutine.
type tap struct {
	r      *service
	link   *link
	lost   bool          // the last bytes had no room; of who feeds
	read   atomic.Uint64 // bytes
	open   atomic.Bool   // a document has begun
	parser *escpos.Parser
	end    uint64    // of the bytes that are read
	last   time.Time // when some were read
}

// chunk is bytes that the printer's side took, or the end of a connection.
type chunk struct {
	t    *tap
	data []byte
	end  uint64 // of the connection's bytes
	gap  bool   // bytes before it were not read
	over bool   // the connection has ended
	torn bool   // and not in order
}

func newTap(r *service, l *link) *tap { return &tap{r: r, link: l, parser: escpos.NewParser()} }

// feed takes a copy of p, which ends at end; it never waits.
func (t *tap) feed(p []byte, end uint64) {
	t.lost = !t.r.backlog.add(chunk{t: t, data: bytes.Clone(p), end: end, gap: t.lost})
}

// over ends the tap.
func (t *tap) over(torn bool) { t.r.backlog.add(chunk{t: t, gap: t.lost, over: true, torn: torn}) }

// busy says whether a document has begun, or may have. What was read is looked at first: it is noted last.
func (t *tap) busy() bool { return t.read.Load() != t.link.written.Load() || t.open.Load() }

// take reads a chunk. A decoder that fails costs a document, not the printing.
func (t *tap) take(c chunk) {
	defer func() {
		if p := recover(); p != nil {
			t.parser.Reset()
			t.r.out.Refused(fmt.Sprintf("the decoder failed: %v", p), c.data)
		}
	}()
	if c.gap {
		t.r.out.Refused("more was printed at once than can be read along", nil)
		t.parser.Reset()
	}
	if c.over {
		t.finish(c.torn)
		return
	}
	t.end, t.last = c.end, time.Now()
	t.parser.Feed(c.data, t.document, t.r.out.Refused)
	t.open.Store(t.parser.Busy())
	t.read.Store(c.end)
}

// pause ends a document that does not go on: where the printer has a cutter, one may pause for long.
func (t *tap) pause(now time.Time) {
	patience := quiet
	if t.r.cuts.Load() {
		patience = abandonTime
	}
	if t.open.Load() && now.Sub(t.last) >= patience {
		t.flush("the job did not go on")
	}
}

// document tells a document that ended within a job.
func (t *tap) document(doc escpos.Document) {
	if doc.Cut {
		t.r.cuts.Store(true)
	}
	t.tell(doc)
}

// flush ends what has begun. Where documents end with a cut, one without has not come to its end.
func (t *tap) flush(why string) {
	t.parser.Flush(func(doc escpos.Document) {
		if t.r.cuts.Load() {
			t.r.out.Refused(why, doc.Raw)
			return
		}
		t.tell(doc)
	}, t.r.out.Refused)
	t.open.Store(false)
}

// finish ends what has begun when the connection has ended.
func (t *tap) finish(torn bool) {
	if !torn {
		t.flush("the job ended without its cut")
		return
	}
	t.parser.Flush(func(doc escpos.Document) { t.r.out.Refused("the connection broke in the middle of a job", doc.Raw) }, t.r.out.Refused)
}

func (t *tap) tell(doc escpos.Document) {
	f, refused := t.r.tickets.ticket(doc)
	if refused != "" {
		t.r.out.Refused(refused, doc.Raw)
	}
	if f != nil {
		t.r.add(waiting{fact: *f, link: t.link, end: t.end})
	}
}

// backlog is what waits to be read, of all connections in the order in which it was printed.
type backlog struct {
	wake chan struct{} // something was added

	mu     sync.Mutex
	chunks []chunk
	size   int // bytes
}

func newBacklog() *backlog { return &backlog{wake: make(chan struct{}, 1)} }

// add never waits; it gives false when there is no room. There is always room for the end of a connection.
func (b *backlog) add(c chunk) bool {
	b.mu.Lock()
	if !c.over && b.size+len(c.data) > maxBacklog {
		b.mu.Unlock()
		return false
	}
	b.chunks = append(b.chunks, c)
	b.size += len(c.data)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// take gives all that waits.
func (b *backlog) take() []chunk {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.chunks
	b.chunks, b.size = nil, 0
	return all
}

// read reads along until ended is closed and nothing waits any more.
func (b *backlog) read(ended <-chan struct{}) {
	taps := map[*tap]bool{}
	tick := time.NewTicker(pauseCheck)
	defer tick.Stop()
	for {
		select {
		case <-b.wake:
		case now := <-tick.C:
			for t := range taps {
				t.pause(now)
			}
		case <-ended:
			for _, c := range b.take() {
				c.t.take(c)
			}
			return
		}
		for _, c := range b.take() {
			if taps[c.t] = true; c.over {
				delete(taps, c.t)
			}
			c.t.take(c)
		}
	}
}
