package dispenser

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Times of a job.
const (
	lingerTime = 3 * time.Second        // the printer may end its side after the queue machine has
	orphanTime = 5 * time.Minute        // it may take the rest of a job whose queue machine has ended
	drainCheck = 100 * time.Millisecond // how often that is looked at
)

// session passes one connection of the queue machine on to the printer until one of them ends it. The error is the printer's: it
// takes no connection, and the queue machine is refused, or it broke it.
func (r *service) session(ctx context.Context, m *net.TCPConn) error {
	l, err := r.connect(ctx)
	if err != nil {
		reset(m)
		return err
	}
	t := newTap(r, l)
	l.serve(m, t.busy)
	defer r.leave(l)
	defer context.AfterFunc(ctx, func() { reset(m); l.close(false) })()
	var wg sync.WaitGroup
	wg.Go(func() { printerEnds(l, m) })
	ended, broken := pass(m, l, t)
	t.over(!ended)
	if ended {
		drain(ctx, l)
	} else {
		reset(m)
	}
	l.close(!ended)
	_ = m.SetWriteDeadline(time.Now().Add(sendTime)) // it need not read what the printer says
	<-l.done
	wg.Wait()
	_ = m.Close() // its end was passed on before
	return errors.Join(broken, l.failed)
}

// printerEnds passes the printer's end, or failure, on to the queue machine.
func printerEnds(l *link, m *net.TCPConn) {
	<-l.done
	if l.failed != nil {
		reset(m)
		return
	}
	_ = m.CloseWrite() // it may have gone
}

// pass forwards until the queue machine ends in order, or one of the two fails; the error is the printer's. The tap gets what was
// written.
func pass(m *net.TCPConn, l *link, t *tap) (ended bool, err error) {
	buf := make([]byte, readChunk)
	for {
		n, failed := m.Read(buf)
		if n > 0 {
			if err := l.forward(buf[:n]); err != nil {
				return false, err
			}
			t.feed(buf[:n], l.written.Load())
		}
		switch {
		case errors.Is(failed, io.EOF):
			err = l.end()
			return err == nil, err
		case failed != nil:
			return false, nil
		}
	}
}

// drain waits until the printer has taken what was sent and ended its side.
func drain(ctx context.Context, l *link) {
	tick := time.NewTicker(drainCheck)
	defer tick.Stop()
	begin := time.Now()
	var taken time.Time // zero: not all yet
	for {
		select {
		case <-l.done:
			return
		case <-ctx.Done():
			return
		case now := <-tick.C:
			n, err := unacked(l.conn)
			switch {
			case err != nil || now.Sub(begin) >= orphanTime:
				return
			case n > 0:
				taken = time.Time{}
			case taken.IsZero():
				taken = now
			case now.Sub(taken) >= lingerTime:
				return
			}
		}
	}
}
