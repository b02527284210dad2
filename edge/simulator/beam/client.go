package beam

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"hallpulse/edge/driver"
)

var (
	_ gpio.PinIn  = (*Pin)(nil)
	_ driver.Pins = (*Client)(nil)
)

// Times of the client.
const (
	dialTime = time.Second
	maxEdges = 64 // edges kept between two waits
)

// errAway says that the simulator cannot be reached.
var errAway = errors.New("beam: simulator is away")

// Client opens simulated lines.
type Client struct{ socket string }

// NewClient gives a client of the server at this socket; it connects when a pin is opened.
func NewClient(socket string) *Client { return &Client{socket: socket} }

// Pin opens a line. It is an error when the simulator is away or has no such line. Halt gives the pin back.
func (c *Client) Pin(name string) (gpio.PinIn, error) {
	if len(name)+1 > maxName || strings.Contains(name, "\n") {
		return nil, fmt.Errorf("beam: %.70q cannot be the name of a line", name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pin{name: name, socket: c.socket, cancel: cancel, done: make(chan struct{}), edges: make(chan struct{}, maxEdges), again: make(chan struct{})}
	conn, level, err := p.dial(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	p.level = level
	go func() { defer close(p.done); p.receive(ctx, conn) }()
	return p, nil
}

// Out refuses: the simulator has input lines only.
func (c *Client) Out(name string) (gpio.PinIO, error) {
	return nil, fmt.Errorf("beam: line %.70q cannot be driven: %w", name, errors.ErrUnsupported)
}

// Pin is a simulated input line. When the simulator goes away it fails for good, as a line does whose chip is gone: it
// waits no more, Err tells why, and the line must be opened anew. One that came back by itself would hide from its
// driver that edges were missed.
type Pin struct {
	name, socket string
	cancel       context.CancelFunc
	done         chan struct{}
	edges        chan struct{}

	mu    sync.Mutex
	level gpio.Level
	edge  gpio.Edge
	pull  gpio.Pull
	err   error
	again chan struct{} // closed by In: ends a wait
}

// dial connects and gives the level.
func (p *Pin) dial(ctx context.Context) (net.Conn, gpio.Level, error) {
	d := net.Dialer{Timeout: dialTime}
	conn, err := d.DialContext(ctx, "unix", p.socket)
	if err != nil {
		return nil, gpio.Low, fmt.Errorf("%w: %w", errAway, err)
	}
	var b [1]byte
	err = conn.SetDeadline(time.Now().Add(dialTime))
	if err == nil {
		_, err = conn.Write([]byte(p.name + "\n"))
	}
	if err == nil {
		_, err = conn.Read(b[:])
	}
	if err == nil && b[0] != 'H' && b[0] != 'L' {
		err = fmt.Errorf("no line %q", p.name)
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = conn.Close()
		return nil, gpio.Low, fmt.Errorf("beam: %w", err)
	}
	return conn, b[0] == 'H', nil
}

// receive takes changes until the connection ends.
func (p *Pin) receive(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	var b [1]byte
	for {
		if _, err := conn.Read(b[:]); err != nil {
			p.fail(fmt.Errorf("%w: %w", errAway, err))
			return
		}
		p.set(b[0] == 'H')
	}
}

func (p *Pin) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// set takes a level; a change is an edge where its kind is wanted.
func (p *Pin) set(level gpio.Level) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := level != p.level
	p.level = level
	if !changed || p.edge == gpio.NoEdge || p.edge == gpio.RisingEdge && level == gpio.Low || p.edge == gpio.FallingEdge && level == gpio.High {
		return
	}
	select {
	case p.edges <- struct{}{}:
	default: // more than maxEdges: lost, as a kernel's buffer loses them; the level is right
	}
}

// Err gives why the line cannot be read any more, nil while it can.
func (p *Pin) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// In sets the kind of edge to wait for, forgets edges seen and ends a wait. The pull changes nothing here.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.pull, p.edge = pull, edge
	for range len(p.edges) {
		<-p.edges
	}
	close(p.again)
	p.again = make(chan struct{})
	return nil
}

// Read gives the level; the last one known while the simulator is away.
func (p *Pin) Read() gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.level
}

// WaitForEdge waits for an edge of the wanted kind, or takes one seen since the last call. A negative timeout waits
// until Halt or In.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	p.mu.Lock()
	again := p.again
	p.mu.Unlock()
	select { // an edge seen already wins over a timeout of 0
	case <-p.edges:
		return true
	default:
	}
	var late <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-p.edges:
		return true
	case <-late:
	case <-again:
	case <-p.done:
	}
	return false
}

// Halt gives the line back and ends a wait.
func (p *Pin) Halt() error {
	p.cancel()
	<-p.done
	return nil
}

// Pull gives the pull asked for.
func (p *Pin) Pull() gpio.Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pull
}

// DefaultPull gives the pull of the simulated receivers.
func (p *Pin) DefaultPull() gpio.Pull { return gpio.PullUp }

// String gives the line's name.
func (p *Pin) String() string { return p.name }

// Name gives the line's name.
func (p *Pin) Name() string { return p.name }

// Number is -1: simulated lines have names alone.
func (p *Pin) Number() int { return -1 }

// Function says what the line is used for.
func (p *Pin) Function() string { return "In/" + p.Read().String() }
