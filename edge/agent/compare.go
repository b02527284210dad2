package agent

import (
	"sync"

	"hallpulse/edge/compare"
	"hallpulse/edge/config"
	"hallpulse/edge/supervise"
	"hallpulse/hall"
)

// comparer lets the hall's devices speak against each other.
type comparer struct {
	desc   hall.Hall
	limits compare.Limits

	mu    sync.Mutex
	watch *compare.Watch
}

func newComparer(desc hall.Hall, c config.Checks) *comparer {
	limits := compare.Limits{DisplayAfter: c.DisplayAfter, DisplayTickets: c.DisplayTickets, EmptyWaiting: c.EmptyWaiting, EmptyFor: c.EmptyFor,
		KeypadServed: c.KeypadServed, DriftTickets: c.DriftTickets, DriftShare: c.DriftShare}
	for _, name := range c.Off {
		limits.Off = append(limits.Off, compare.Check(name))
	}
	return &comparer{desc: desc, limits: limits, watch: compare.New(desc, limits)}
}

// forget begins anew: the journal's facts come again from the oldest on.
func (c *comparer) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch = compare.New(c.desc, c.limits)
}

func (c *comparer) hear(f hall.Fact) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch.Fact(f)
}

// look gives what is suspected now.
func (c *comparer) look(s hall.State) map[hall.DeviceID]supervise.Suspicion {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[hall.DeviceID]supervise.Suspicion{}
	for _, f := range c.watch.Look(s) {
		out[f.Device] = supervise.Suspicion{Stuck: f.Stuck, Reason: f.Reason}
	}
	return out
}
