// Command hallpulse-hub is the county's hub: it takes the logs and states of the halls, keeps them, shows them and tells
// people what needs them. Its further commands change accounts, credentials and tokens, also while a hub runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"hallpulse/hub/app"
)

var version = "dev" // set when it is linked

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are what a program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

// run does what args say and gives the exit code.
func run(ctx context.Context, args []string, s streams) int {
	o, do, err := parse(args, s)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintln(s.err, err)
		return exitUsage
	case o.version:
		_, _ = fmt.Fprintln(s.out, "hallpulse-hub", version)
		return exitOK
	}
	if err := do(ctx, o, s); err != nil {
		_, _ = fmt.Fprintln(s.err, err)
		return exitFailed
	}
	return exitOK
}

// serve runs a hub until ctx ends.
func serve(ctx context.Context, o options, s streams) error {
	c, err := app.Load(o.config)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.err, nil))
	a, err := app.New(ctx, app.Options{Config: c, Version: version, Logger: log})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
