package bus

import (
	"sync"
	"sync/atomic"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// waitTime is the longest wait asked of a line at once.
const waitTime = 500 * time.Millisecond

// line is an input line with one owner.
type line struct {
	gpio.PinIn
	halted  atomic.Bool
	waits   sync.RWMutex // held for reading while the line waits
	release func()
}

// WaitForEdge waits for an edge, negative: until Halt. What 0 and -1 mean differs between periph's implementations
// (host issue 78), so that none is asked for either; nor for a long wait, which Halt may fail to end.
func (l *line) WaitForEdge(timeout time.Duration) bool {
	late := time.Now().Add(timeout)
	for {
		step := waitTime
		if timeout >= 0 {
			step = min(max(time.Until(late), time.Nanosecond), waitTime)
		}
		if l.wait(step) {
			return true
		}
		if l.halted.Load() || timeout >= 0 && !time.Now().Before(late) {
			return false
		}
	}
}

func (l *line) wait(d time.Duration) bool {
	l.waits.RLock()
	defer l.waits.RUnlock()
	return !l.halted.Load() && l.PinIn.WaitForEdge(d)
}

// Halt ends a wait and gives the line back, to other programs as well where the system can.
func (l *line) Halt() error {
	if l.halted.Swap(true) {
		return nil
	}
	defer l.release()
	err := l.PinIn.Halt()
	if c, ok := l.PinIn.(interface{ Close() }); ok {
		l.waits.Lock() // its descriptor must not be closed below a wait
		defer l.waits.Unlock()
		c.Close()
	}
	return err
}
