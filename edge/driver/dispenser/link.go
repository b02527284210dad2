package dispenser

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/firmware-bridge/escpos"
)

// Limits and times of a connection to the printer.
const (
	idleTime  = time.Second            // nothing was printed for this long: it may be asked
	askTime   = 500 * time.Millisecond // an answer takes no longer
	sendTime  = 200 * time.Millisecond // a question that cannot be sent for this long is not sent
	staleTime = 8 * time.Second        // an answer that has not come by then will not come
	maxOwed   = 64                     // questions whose answers are due
	readChunk = 16 << 10
)

// query is a question to the printer whose answer is due.
type query struct {
	kind   byte
	answer chan<- byte // nil: the queue machine has asked
	at     time.Time
}

// link is one connection to the printer. Its reader runs until it is closed.
type link struct {
	conn    *net.TCPConn
	done    chan struct{} // the reader has ended
	gone    chan struct{} // closed by us
	failed  error         // of the reader, once done: nil, the printer or we have ended it
	written atomic.Uint64 // bytes of the queue machine
	ended   atomic.Bool   // and no more of them

	writing sync.Mutex // held while something is written, so that a question never gets into a job
	last    time.Time  // when the queue machine's bytes were written last
	queries escpos.Queries

	mu      sync.Mutex
	owed    []query
	told    map[byte]byte // answers to the queue machine, by kind, since they were taken
	machine *net.TCPConn  // nil: nobody prints
	busy    func() bool   // says whether a job is open; nil: none
	closed  bool
	final   uint64 // acknowledged, once closed
}

func newLink(c *net.TCPConn) *link {
	l := &link{conn: c, done: make(chan struct{}), gone: make(chan struct{})}
	go l.read()
	return l
}

// serve gives the link to a queue machine.
func (l *link) serve(m *net.TCPConn, busy func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.machine, l.busy = m, busy
}

// read passes on what the printer says, but for the answers to our questions.
func (l *link) read() {
	defer close(l.done)
	buf := make([]byte, readChunk)
	for {
		n, err := l.conn.Read(buf)
		if rest, m := l.heard(buf[:n]); len(rest) > 0 && m != nil {
			_, _ = m.Write(rest) // a queue machine that has gone is noticed where it is read
		}
		if err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			if !l.closed && !errors.Is(err, io.EOF) {
				l.failed = err
			}
			return
		}
	}
}

// heard takes the answers to our questions out of what the printer says. Answers come in the order of the questions.
func (l *link) heard(p []byte) (rest []byte, m *net.TCPConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest = p[:0]
	for _, b := range p {
		if len(l.owed) > 0 && escpos.IsStatus(b) {
			q := l.owed[0]
			l.owed = l.owed[1:]
			if q.answer != nil {
				q.answer <- b
				continue
			}
			if l.told == nil {
				l.told = map[byte]byte{}
			}
			l.told[q.kind] = b
		}
		rest = append(rest, b)
	}
	return rest, l.machine
}

// errEnded says that the printer has ended the connection: it would throw away what is sent.
var errEnded = errors.New("the printer has ended the connection")

// forward writes bytes of the queue machine; it waits as long as the printer does not take them.
func (l *link) forward(p []byte) error {
	if !l.alive() {
		return errEnded
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	l.queries.Feed(p, func(kind byte) { l.owe(query{kind: kind, at: time.Now()}) })
	l.last = time.Now()
	n, err := l.conn.Write(p)
	l.written.Add(uint64(n))
	l.last = time.Now()
	return err
}

func (l *link) owe(q query) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.owed) < maxOwed {
		l.owed = append(l.owed, q)
	}
}

// end tells the printer that the queue machine has ended.
func (l *link) end() error {
	l.ended.Store(true)
	return l.conn.CloseWrite()
}

// alive says whether the printer has neither ended nor failed the connection.
func (l *link) alive() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// acked gives how many of the queue machine's bytes the printer's network has acknowledged.
func (l *link) acked() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ackedLocked()
}

func (l *link) ackedLocked() uint64 {
	if l.closed {
		return l.final
	}
	written := l.written.Load() // before: what is written meanwhile makes the result smaller, never larger
	n, err := unacked(l.conn)
	if n > 0 && l.ended.Load() { // the end of a connection counts as a byte
		n--
	}
	if err != nil || uint64(n) > written {
		return 0
	}
	return written - uint64(n)
}

// close ends the connection, as one that failed or in order. Its reader has ended soon after.
func (l *link) close(failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.final = l.ackedLocked()
	l.closed = true
	close(l.gone)
	if failed {
		reset(l.conn)
		return
	}
	_ = l.conn.Close() // what was written is the printer's
}
