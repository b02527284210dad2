package app

import (
	"context"
	"errors"
	"fmt"
)

// ErrRan is what a second Run gives.
var ErrRan = errors.New("app: a hub runs once")

// Run works until ctx ends, Close is called or a part fails, and then stops in order: pages first, so that nobody is told
// of a hub that stops; alerts before the broker, so that its end is nobody's alert; the store last. It returns nil after
// an orderly stop, else everything that went wrong.
func (a *App) Run(ctx context.Context) error {
	err := ErrRan
	a.running.Do(func() { err = a.run(ctx) })
	return err
}

func (a *App) run(ctx context.Context) error {
	failed := make(chan error, 2) // one for each part that can fail
	a.start("live", nil, quiet(a.live.Run))
	a.start("ingest", nil, quiet(a.ingest.Run))
	a.start("refusals", nil, quiet(a.notes.run))
	if a.webhook != nil {
		a.start("webhook", nil, quiet(a.webhook.Run))
	}
	a.start("gateways", nil, quiet(a.watch.run))
	a.start("alerts", nil, quiet(func(ctx context.Context) { a.alerts.Run(ctx, a.live) }))
	if a.metrics != nil {
		a.start("metrics", failed, a.serveMetrics)
	}
	a.start("web", failed, a.web.Run)
	a.log.Info("app: running")
	var err error
	select {
	case <-ctx.Done():
	case <-a.quit:
	case err = <-failed:
	}
	a.log.Info("app: stopping", "cause", err)
	return errors.Join(err, a.stop())
}

// start runs a part in a goroutine of its own; a stop ends it, waits for it and gives its error. What it gives while
// nobody stops it goes to failed.
func (a *App) start(name string, failed chan<- error, part func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := part(ctx)
		if err != nil && ctx.Err() == nil && failed != nil {
			failed <- fmt.Errorf("app: %s: %w", name, err)
			err = nil // told once
		}
		done <- err
	}()
	a.cleanups.push(name, func() error {
		cancel()
		return <-done
	})
}

func quiet(part func(context.Context)) func(context.Context) error {
	return func(ctx context.Context) error {
		part(ctx)
		return nil
	}
}
