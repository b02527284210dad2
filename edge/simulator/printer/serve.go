package printer

import (
	"net"
	"time"

	"hallpulse/firmware-bridge/escpos"
)

// answers are the fixed bits of a status byte.
const answers = 0x12

// serve takes what is sent on one connection until it ends.
func (n *Network) serve(c net.Conn) {
	defer func() { // in this order: who sees its end may come again at once
		n.mu.Lock()
		delete(n.conns, c)
		n.mu.Unlock()
		_ = c.Close()
	}()
	var queries scanner
	buf := make([]byte, 4096)
	for {
		k, err := c.Read(buf)
		if k > 0 && !n.ready(c) {
			return
		}
		for _, b := range buf[:k] {
			if kind := queries.next(b, n.print); kind != 0 && !n.answer(c, kind) {
				return
			}
		}
		if err != nil {
			queries.rest(n.print)
			return
		}
	}
}

// ready waits while the printer hangs or is slow. It gives false when the connection was broken meanwhile.
func (n *Network) ready(c net.Conn) bool {
	slow := time.Time{}
	for {
		n.mu.Lock()
		f, changed, there := n.faults, n.changed, n.ln != nil && n.conns[c]
		n.mu.Unlock()
		if slow.IsZero() {
			slow = time.Now().Add(f.slow)
		}
		left := time.Until(slow)
		switch {
		case !there:
			return false
		case !f.halfOpen && (f.slow == 0 || left <= 0):
			return true
		case f.halfOpen || left > poweredCheck:
			left = poweredCheck // the power may go meanwhile
		}
		wait := time.NewTimer(left)
		select {
		case <-changed:
		case <-wait.C:
		}
		wait.Stop()
	}
}

// poweredCheck is how often a printer that hangs notices that it has no power.
const poweredCheck = 50 * time.Millisecond

func (n *Network) print(b ...byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.printed)+len(b) <= maxKept {
		n.printed = append(n.printed, b...)
	}
}

// answer tells the status; it gives false when the connection has ended.
func (n *Network) answer(c net.Conn, kind byte) bool {
	n.mu.Lock()
	s, f := n.status, n.faults
	n.mu.Unlock()
	if f.noStatus {
		return true
	}
	_, err := c.Write([]byte{statusByte(s, kind)})
	return err == nil
}

// statusByte gives the answer to DLE EOT kind.
func statusByte(s escpos.Status, kind byte) byte {
	b := byte(answers)
	set := func(is bool, bits byte) {
		if is {
			b |= bits
		}
	}
	switch kind {
	case escpos.StatusPrinter:
		set(s.Offline || s.Cover || s.PaperEnd || s.Cutter || s.Fatal || s.Failed, 0x08)
	case escpos.StatusOffline:
		set(s.Cover, 0x04)
		set(s.PaperEnd, 0x20)
		set(s.Cutter || s.Fatal || s.Recoverable || s.Failed, 0x40)
	case escpos.StatusError:
		set(s.Cutter, 0x08)
		set(s.Fatal, 0x20)
		set(s.Recoverable, 0x40)
	case escpos.StatusPaper:
		set(s.PaperLow || s.PaperEnd, 0x0C)
		set(s.PaperEnd, 0x60)
	}
	return b
}

// scanner tells questions for the status from what is printed.
type scanner struct{ held []byte }

// next gives the kind of a question that ends with b, 0: none. What is printed goes to print.
func (s *scanner) next(b byte, print func(...byte)) byte {
	s.held = append(s.held, b)
	question := escpos.Query(0)
	if n := len(s.held); n == len(question) && b >= escpos.StatusPrinter && b <= escpos.StatusPaper {
		s.held = s.held[:0]
		return b
	} else if n < len(question) && b == question[n-1] {
		return 0
	}
	last := len(s.held) - 1
	print(s.held[:last]...)
	s.held = append(s.held[:0], b)
	if b != question[0] {
		s.rest(print)
	}
	return 0
}

// rest prints half a question.
func (s *scanner) rest(print func(...byte)) {
	print(s.held...)
	s.held = s.held[:0]
}
