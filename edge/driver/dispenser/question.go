package dispenser

import (
	"context"
	"time"

	"hallpulse/firmware-bridge/escpos"
)

// overheard takes the printer's last answers to the queue machine, by kind.
func (l *link) overheard() map[byte]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := l.told
	l.told = nil
	return told
}

// ask asks for a kind of status. asked is false while a job is open: then nothing was sent. An answer that does not come in time
// is kept from the queue machine when it comes, and nothing more is asked until then: it would be taken for another.
func (l *link) ask(ctx context.Context, kind byte) (status byte, answered, asked bool) {
	answer := make(chan byte, 1)
	sent, late := l.send(kind, answer)
	if late || !sent {
		return 0, false, late
	}
	timer := time.NewTimer(askTime)
	defer timer.Stop()
	select {
	case status = <-answer:
		return status, true, true
	case <-timer.C:
		return 0, false, true
	case <-l.done:
		return 0, false, true
	case <-ctx.Done():
		return 0, false, false
	}
}

// send writes a question, unless a job is open, or the answer to another is late.
func (l *link) send(kind byte, answer chan<- byte) (sent, late bool) {
	if !l.writing.TryLock() {
		return false, false
	}
	defer l.writing.Unlock()
	if !l.idle() {
		return false, false
	}
	if l.late() {
		return false, true
	}
	l.owe(query{kind, answer, time.Now()})
	_ = l.conn.SetWriteDeadline(time.Now().Add(sendTime)) // fails on a closed connection, as the next lines do
	n, err := l.conn.Write(escpos.Query(kind))
	_ = l.conn.SetWriteDeadline(time.Time{})
	if err != nil && n > 0 { // half a question would spoil the next job
		l.close(true)
	}
	return err == nil, false
}

// late says whether an answer is due that may still come.
func (l *link) late() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.owed); n > 0 && time.Since(l.owed[n-1].at) < staleTime {
		return true
	}
	l.owed = nil
	return false
}

// idle says whether no job is open. The caller holds writing.
func (l *link) idle() bool {
	if !l.last.IsZero() && time.Since(l.last) < idleTime {
		return false
	}
	l.mu.Lock()
	busy := l.busy
	l.mu.Unlock()
	n, err := unacked(l.conn)
	return err == nil && n == 0 && (busy == nil || !busy())
}
