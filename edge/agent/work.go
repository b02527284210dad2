package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"hallpulse/hall"
)

// Times of the gateway.
const (
	aliveEvery   = 500 * time.Millisecond
	lookEvery    = time.Second // clock, buffered readings, what changes by itself
	deriveEvery  = 10 * time.Second
	minuteEvery  = time.Minute
	compareEvery = 5 * time.Second
	trimEvery    = 10 * time.Minute
	openWithin   = 5 * time.Second // a device that hangs holds the end of the gap back no longer than this
	againEvery   = 5 * time.Second // the terminals' server is started again
	stopWithin   = 8 * time.Second // what runs longer after the end is left behind
)

// errStuck says that something did not end in time.
var errStuck = errors.New("something did not end in time")

// work runs everything until ctx ends and all of it returned, or stopWithin has passed since.
func (a *Agent) work(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { a.sup.Run(ctx) })
	wg.Go(func() { a.opened(ctx) })
	wg.Go(func() { a.servePanel(ctx) })
	wg.Go(func() { a.serve(ctx, "control", a.control.Run) })
	if a.terminal != nil {
		wg.Go(func() { a.serveTerminals(ctx) })
	}
	wg.Go(func() { a.serveHikvision(ctx) })
	if len(a.pages) > 0 {
		wg.Go(func() { a.serveRatings(ctx) })
	}
	if a.broker != nil {
		wg.Go(func() { a.serveBroker(ctx) })
	}
	if a.link != nil {
		wg.Go(func() { _ = a.link.Run(ctx) }) // nil by contract
	}
	a.periodic(ctx, &wg)
	done := make(chan struct{})
	go func() { defer close(done); wg.Wait() }()
	<-ctx.Done()
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-done:
		return nil
	case <-late.C:
		return errStuck
	}
}

// periodic starts what is done again and again.
func (a *Agent) periodic(ctx context.Context, wg *sync.WaitGroup) {
	clockTrouble, readingTrouble, trimTrouble, recountTrouble := a.trouble("clock"), a.trouble("readings"), a.trouble("trim"), a.trouble("recount")
	var seen glance
	for _, task := range []struct {
		every time.Duration
		do    func()
	}{
		{lookEvery, func() {
			clockTrouble(a.time.check())
			readingTrouble(a.rec.flush())
			seen = a.look(seen)
		}},
		{deriveEvery, a.rec.derive},
		{compareEvery, func() { a.sup.Suspect(a.compare.look(a.State())) }},
		{minuteEvery, func() { a.changed(hall.SectionDevices) }}, // when they were last seen
		{minuteEvery, func() { recountTrouble(a.recount(ctx)) }},
		{trimEvery, func() { trimTrouble(a.trim()) }},
	} {
		wg.Go(func() { every(ctx, task.every, task.do) })
	}
}

// every does something at each tick until ctx ends.
func every(ctx context.Context, d time.Duration, do func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}

// opened ends the gap when the devices are read again, and from then on gives signs of life: a mark before the gap is kept
// would hide it, should the gateway be killed in between.
func (a *Agent) opened(ctx context.Context) {
	late := time.NewTimer(openWithin)
	defer late.Stop()
	select {
	case <-a.sup.Tried():
	case <-late.C:
		a.log.Warn("a device is still being opened; the gap ends without it", "after", openWithin)
	case <-ctx.Done():
		return
	}
	kept, gap, mark := false, a.trouble("gap"), a.trouble("alive mark")
	live := func() {
		if !kept {
			err := a.outages.open()
			gap(err)
			if kept = err == nil; !kept {
				return
			}
		}
		gap(a.settleGaps())
		a.ready.Store(true)
		now := a.rec.alive()
		mark(a.journal.Alive(now.Wall, now.Mono))
	}
	live()
	every(ctx, aliveEvery, live)
}

// trim removes what the county has and nobody needs. A hall that works alone keeps its days in the same way.
func (a *Agent) trim() error {
	now := a.clock.Now()
	if now.Mark == hall.Unsure {
		return nil
	}
	if a.link == nil {
		for _, lane := range []hall.Lane{hall.Facts, hall.Readings} {
			_, last := a.journal.Bounds(lane)
			if err := a.journal.Ack(lane, last); err != nil {
				return err
			}
		}
	}
	y, m, d := now.Wall.In(a.cfg.Location()).Date()
	_, err := a.journal.Trim(time.Date(y, m, d+1-a.cfg.Journal.KeepDays, 0, 0, 0, 0, a.cfg.Location()))
	return err
}

// trouble logs the first of failures in a row, then one in a hundred, and the recovery.
func (a *Agent) trouble(what string) func(error) {
	n := 0
	return func(err error) {
		switch {
		case err == nil && n > 0:
			a.log.Info("works again", "what", what, "failures", n)
			n = 0
		case err != nil:
			if n%100 == 0 {
				a.log.Error("failed", "what", what, "failures", n+1, "err", err)
			}
			n++
		}
	}
}
