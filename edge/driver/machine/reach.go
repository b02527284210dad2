// Package machine watches what a hall runs on: self-service machines, public computers, copiers, switches, power supplies.
// [Reach] asks whether a machine answers – by ping, a TCP connection, a web page –, [SNMP] reads what printers, power supplies
// and switches know of themselves (standard MIBs).
package machine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Reach)(nil)

// Times and limits of the driver.
const (
	DefaultInterval = 30 * time.Second
	DefaultTimeout  = 3 * time.Second
	missesMost      = 3 // rounds without any answer: the machine is away
	slack           = 5 * time.Second
)

// Probe asks one question of a machine.
type Probe interface {
	// Ask returns when the machine has answered rightly, or with what was wrong. answered says that it did answer, wrongly.
	Ask(ctx context.Context) (answered bool, err error)
	// Name names the question: ping, tcp 445, web.
	Name() string
}

// ReachOptions of a machine. Probes are required; zero times give the defaults.
type ReachOptions struct {
	Probes   []Probe
	Interval time.Duration
	Timeout  time.Duration
}

// Reach asks whether a machine answers.
type Reach struct{ o ReachOptions }

// NewReach prepares a driver; it asks nothing.
func NewReach(o ReachOptions) *Reach {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	return &Reach{o}
}

// Expect says how a machine shows that it lives.
func (r *Reach) Expect() driver.Expect {
	return driver.Expect{Silence: missesMost*(r.o.Interval+r.o.Timeout) + slack}
}

// ErrAway says that a machine answers no question.
var ErrAway = errors.New("the machine does not answer")

// Run asks until ctx ends or the machine is away. A machine that answers some questions is degraded.
func (r *Reach) Run(ctx context.Context, out driver.Sink) error {
	tick := time.NewTicker(r.o.Interval)
	defer tick.Stop()
	opened, misses, told := false, 0, ""
	for {
		answers := r.round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		wrong, lives, err := judge(answers)
		switch {
		case err != nil && errors.Is(err, driver.ErrPermanent):
			return fmt.Errorf("machine: %w", err)
		case lives:
			if misses = 0; !opened {
				opened = true
				out.Opened()
			}
			out.Seen()
			for _, a := range answers {
				if a.err == nil {
					out.Reading(hall.MetricRoundTrip, a.name, a.took.Seconds())
				}
			}
			told = tell(out, told, wrong)
		default:
			if misses++; misses >= missesMost || !opened {
				return fmt.Errorf("machine: %w: %w", ErrAway, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// tell passes on which services do not answer.
func tell(out driver.Sink, told, wrong string) string {
	if wrong == told {
		return told
	}
	if wrong == "" {
		out.Healthy()
	} else {
		out.Degraded(false, hall.Reason{Code: "service_down", Detail: wrong})
	}
	return wrong
}

// answer is what a probe found.
type answer struct {
	name     string
	took     time.Duration
	answered bool
	err      error
}

// round asks every question at once.
func (r *Reach) round(ctx context.Context) []answer {
	out := make([]answer, len(r.o.Probes))
	var wg sync.WaitGroup
	for i, p := range r.o.Probes {
		wg.Go(func() {
			limited, cancel := context.WithTimeout(ctx, r.o.Timeout)
			defer cancel()
			begin := time.Now()
			answered, err := p.Ask(limited)
			out[i] = answer{p.Name(), time.Since(begin), answered, err}
		})
	}
	wg.Wait()
	return out
}

// judge says what is wrong, and whether the machine lives at all.
func judge(list []answer) (wrong string, lives bool, err error) {
	var parts []string
	var errs []error
	for _, a := range list {
		if a.err != nil {
			parts = append(parts, a.name+": "+a.err.Error())
			errs = append(errs, a.err)
		}
		lives = lives || a.err == nil || a.answered
	}
	slices.Sort(parts)
	return strings.Join(parts, "; "), lives, errors.Join(errs...)
}
