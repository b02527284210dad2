package dispenser

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

var _ driver.Driver = (*Proxy)(nil)

// DefaultInterval is how often a printer is looked at.
const DefaultInterval = 10 * time.Second

// maxRetry is the longest wait for a printer that takes no connection: as long, its queue machine is refused.
const maxRetry = 3 * time.Second

// ProxyOptions of a network printer. Listen and Printer are required.
type ProxyOptions struct {
	Listen     string // host:port that the queue machine prints to
	Printer    string // host:port
	Categories []hall.Category
	Layout     escpos.Layout
	NoStatus   bool          // the printer is not asked, only whether it takes connections
	Interval   time.Duration // between two looks at the printer; 0: DefaultInterval
}

// Proxy stands between a queue machine and its network printer.
type Proxy struct {
	o       ProxyOptions
	tickets reader
	cuts    atomic.Bool
	mu      sync.Mutex
	addr    net.Addr
}

// NewProxy prepares a driver; it opens nothing.
func NewProxy(o ProxyOptions) *Proxy {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	return &Proxy{o: o, tickets: reader{o.Categories, o.Layout}}
}

// Expect says that a printer is looked at again and again, and that a queue machine is not to wait long for one that is back.
func (p *Proxy) Expect() driver.Expect {
	return driver.Expect{Silence: 3*p.o.Interval + dialTime*failLimit, MaxRetry: maxRetry}
}

// Addr is where queue machines print to; nil while the printer takes no connection.
func (p *Proxy) Addr() net.Addr { p.mu.Lock(); defer p.mu.Unlock(); return p.addr }

func (p *Proxy) setAddr(a net.Addr) { p.mu.Lock(); defer p.mu.Unlock(); p.addr = a }

// Run passes jobs on until ctx ends or the printer takes no connection any more. Nobody listens before the printer answers.
func (p *Proxy) Run(ctx context.Context, out driver.Sink) error {
	r := &service{o: &p.o, tickets: &p.tickets, out: out, cuts: &p.cuts, backlog: newBacklog(), waiting: make(chan waiting, maxWaiting),
		kick: make(chan struct{}, 1), dialing: make(chan struct{}, 1)}
	first, err := r.probe(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("dispenser: %w", err)
	}
	ln, err := net.Listen("tcp", p.o.Listen)
	if err != nil {
		discard(first)
		return fmt.Errorf("dispenser: %w", err)
	}
	p.setAddr(ln.Addr())
	defer p.setAddr(nil)
	out.Opened()
	out.Seen()
	out.Healthy() // what was wrong with the printer before is not known any more
	if err := r.run(ctx, ln, first); err != nil {
		return fmt.Errorf("dispenser: %w", err)
	}
	return nil
}

// run serves until ctx ends or the printer is gone, and waits for whatever it started.
func (r *service) run(ctx context.Context, ln net.Listener, first *link) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg, reading, storing sync.WaitGroup
	printed := make(chan struct{})
	reading.Go(func() { r.backlog.read(printed) })
	storing.Go(func() { r.store(ctx) })
	wg.Go(func() { r.accept(ctx, ln) })
	err := (&watcher{r: r, known: map[byte]known{}, missing: map[byte]int{}}).run(ctx, first)
	cancel()
	err = errors.Join(err, ln.Close())
	wg.Wait()
	if l := r.takeSpare(nil); l != nil {
		discard(l)
	}
	close(printed)
	reading.Wait()
	close(r.waiting)
	storing.Wait()
	return err
}
