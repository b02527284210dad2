package dispenser

import (
	"bytes"
	"sync/atomic"
	"time"

	"hallpulse/firmware-bridge/escpos"
)

// Limits and times of a tap.
const (
	maxChunks   = 64               // that wait to be read; each has at most readChunk bytes
	abandonTime = 60 * time.Second // a job of a printer with a cutter that does not go on
)

// chunk is bytes that the printer's side took.
type chunk struct {
	data []byte
	end  uint64 // of the connection's bytes
	gap  bool   // bytes before it were not read
}

// tap reads along with one connection of the queue machine.
type tap struct {
	r      *service
	link   *link
	chunks chan chunk
	lost   bool          // the last chunk had no room
	read   atomic.Uint64 // bytes
	open   atomic.Bool   // a document has begun
	torn   atomic.Bool   // the connection has failed
	parser *escpos.Parser
	end    uint64 // of the chunk that is read
}

func newTap(r *service, l *link) *tap {
	return &tap{r: r, link: l, chunks: make(chan chunk, maxChunks), parser: escpos.NewParser()}
}

// feed takes a copy of p, which ends at end; it never waits.
func (t *tap) feed(p []byte, end uint64) {
	select {
	case t.chunks <- chunk{bytes.Clone(p), end, t.lost}:
		t.lost = false
	default:
		t.lost = true
	}
}

// busy says whether a document has begun, or may have. What was read is looked at first: it is noted last.
func (t *tap) busy() bool { return t.read.Load() != t.link.written.Load() || t.open.Load() }

// run reads until the connection has ended.
func (t *tap) run() {
	pause := time.NewTimer(quiet)
	defer pause.Stop()
	for {
		select {
		case c, ok := <-t.chunks:
			if !ok {
				t.finish()
				return
			}
			t.take(c)
			pause.Reset(t.patience())
		case <-pause.C:
			t.flush("the job did not go on")
		}
	}
}

// patience is how long a document may pause: until its end, where the printer has a cutter.
func (t *tap) patience() time.Duration {
	if t.r.cuts.Load() {
		return abandonTime
	}
	return quiet
}

func (t *tap) take(c chunk) {
	t.end = c.end
	if c.gap {
		t.r.out.Refused("more was printed at once than can be read along", nil)
		t.parser.Reset()
	}
	t.parser.Feed(c.data, t.document, t.r.out.Refused)
	t.open.Store(t.parser.Busy())
	t.read.Store(c.end)
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
func (t *tap) finish() {
	if t.lost {
		t.r.out.Refused("more was printed at once than can be read along", nil)
		return
	}
	if !t.torn.Load() {
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
