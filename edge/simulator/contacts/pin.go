package contacts

import (
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

var _ gpio.PinIO = (*Pin)(nil)

// maxEdges is how many edges are kept between two waits.
const maxEdges = 64

// Pin is an open line. When its chip goes away it fails for good; Err tells so.
type Pin struct {
	board *Board
	wire  *wire
	edges chan struct{}
	gone  chan struct{} // closed by fail and by Halt
	once  sync.Once
	want  gpio.Edge // guarded by the board's lock
	err   error     // guarded by the board's lock
}

func newPin(b *Board, w *wire) *Pin {
	return &Pin{board: b, wire: w, edges: make(chan struct{}, maxEdges), gone: make(chan struct{})}
}

// edge notes a change; the caller holds the board's lock.
func (p *Pin) edge(now gpio.Level) {
	if p.want == gpio.NoEdge || p.want == gpio.RisingEdge && now == gpio.Low || p.want == gpio.FallingEdge && now == gpio.High {
		return
	}
	select {
	case p.edges <- struct{}{}:
	default: // lost, as a kernel's buffer loses them
	}
}

// fail ends the line; the caller holds the board's lock.
func (p *Pin) fail(err error) {
	p.err = err
	p.once.Do(func() { close(p.gone) })
}

// do changes the line unless it has failed.
func (p *Pin) do(change func(w *wire)) error {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	change(p.wire)
	p.wire.settle()
	return nil
}

// In lets the line go, with a pull, and says which edges are wanted.
func (p *Pin) In(pull gpio.Pull, edge gpio.Edge) error {
	return p.do(func(w *wire) {
		w.driven, w.pull = nil, pull
		w.last = w.level() // the change to an input is no edge
		p.want = edge
		for len(p.edges) > 0 {
			<-p.edges
		}
	})
}

// Out drives the line.
func (p *Pin) Out(l gpio.Level) error { return p.do(func(w *wire) { w.driven = &l }) }

// Read gives the level; Low when the line is gone.
func (p *Pin) Read() gpio.Level {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	return gpio.Level(p.err == nil) && p.wire.level()
}

// Err gives why the line cannot be read any more.
func (p *Pin) Err() error {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	return p.err
}

// WaitForEdge waits for a wanted edge; a negative timeout waits until Halt.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	if p.Err() != nil {
		return false
	}
	var late <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-p.edges:
		return true
	case <-late:
	case <-p.gone:
	}
	return false
}

// Halt gives the line back; a driven level stays.
func (p *Pin) Halt() error {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	if p.wire.owner == p {
		p.wire.owner = nil
	}
	if p.err == nil {
		p.fail(ErrAway)
	}
	return nil
}

// PWM is not simulated.
func (*Pin) PWM(gpio.Duty, physic.Frequency) error { return ErrAway }

// Pull gives the pull asked for.
func (p *Pin) Pull() gpio.Pull {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	return p.wire.pull
}

// DefaultPull is none.
func (*Pin) DefaultPull() gpio.Pull { return gpio.Float }

// String gives the line's name.
func (p *Pin) String() string { return p.wire.name }

// Name gives the line's name.
func (p *Pin) Name() string { return p.wire.name }

// Number is -1: simulated lines have names alone.
func (*Pin) Number() int { return -1 }

// Function says what the line is used for.
func (p *Pin) Function() string { return "GPIO/" + p.Read().String() }
