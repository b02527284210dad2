package county

import (
	"fmt"
	"net"
	"sync"
)

// Ports below the range that the system gives to outgoing connections: a port that is free now is free for a program that
// is killed and started again.
const (
	firstPort = 18_100
	lastPort  = 31_900
)

// ports hands out loopback ports, each once.
type ports struct {
	mu   sync.Mutex
	next int
}

// take gives a free loopback address.
func (p *ports) take() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.next = max(p.next, firstPort); p.next < lastPort; {
		addr := fmt.Sprintf("127.0.0.1:%d", p.next)
		p.next++
		if l, err := net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", fmt.Errorf("county: no free port between %d and %d", firstPort, lastPort)
}
