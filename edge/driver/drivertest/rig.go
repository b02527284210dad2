package drivertest

import (
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

// Evidence is what a device gives when it says something.
type Evidence uint8

// The kinds of evidence.
const (
	Facts    Evidence = iota // Event makes exactly one fact, or what may be the same fact again
	Readings                 // Event makes at least one reading; the device tells no events
	Life                     // Event makes a sign of life alone
)

// Rig is one driver with the device it reads. Plug and Event are required; a nil function leaves its cases out.
type Rig struct {
	Driver driver.Driver
	// Says is what Event makes.
	Says Evidence
	// Asked says that the driver asks by itself, again and again: its device is never silent while it is plugged in.
	Asked bool
	// Plug makes the device reachable, or not. A rig begins unplugged.
	Plug func(in bool) error
	// Event makes the device say something: see Says.
	Event func() error
	// Half makes the device say the first half of an event and gives what says the rest.
	Half func() (rest func() error, err error)
	// Babble makes the device say what nobody understands, and gives how many bytes that were.
	Babble func() (int, error)
	// Forbid makes opening the device fail with err, or not (nil).
	Forbid func(err error)

	patience time.Duration // 0: Patience
}

// Wire is the device's end of a serial line.
type Wire interface {
	io.Writer
	Unplug(out bool) error
}

// Serial describes the rig of a driver that reads a serial line.
type Serial struct {
	Wire   Wire              // plugged in
	Opener driver.PortOpener // of the other end
	Driver func(driver.PortOpener) driver.Driver
	Event  []byte // one fact, at least two bytes
	Noise  []byte // nil: random bytes, the same in every run
}

// Rig unplugs the wire and gives the rig.
func (s Serial) Rig() (*Rig, error) {
	if err := s.Wire.Unplug(true); err != nil {
		return nil, err
	}
	write := func(p []byte) error { _, err := s.Wire.Write(p); return err }
	gate := &gate{opener: s.Opener}
	noise := s.Noise
	if noise == nil {
		noise = randomBytes(1800)
	}
	half := len(s.Event) / 2
	return &Rig{
		Driver: s.Driver(gate),
		Plug:   func(in bool) error { return s.Wire.Unplug(!in) },
		Event:  func() error { return write(s.Event) },
		Half: func() (func() error, error) {
			return func() error { return write(s.Event[half:]) }, write(s.Event[:half])
		},
		Babble: func() (int, error) { return len(noise), write(noise) },
		Forbid: gate.forbid,
	}, nil
}

// gate stands before an opener: a test that runs as root is denied nothing by the system.
type gate struct {
	opener driver.PortOpener
	mu     sync.Mutex
	err    error
}

func (g *gate) forbid(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

// OpenPort opens the port unless it is forbidden.
func (g *gate) OpenPort() (driver.Port, error) {
	g.mu.Lock()
	err := g.err
	g.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return g.opener.OpenPort()
}

func randomBytes(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rnd.Uint32())
	}
	return p
}
