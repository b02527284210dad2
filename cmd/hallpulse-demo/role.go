package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/edge/agent"
	"hallpulse/edge/config"
	"hallpulse/edge/simulator/beam"
	"hallpulse/hub/app"
)

// role runs one program of a county as a process of its own: the real hub, or a real gateway on simulated GPIO and, where
// asked for, with a clock that begins in 1970.
func role(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("role: write hub or edge")
	}
	f := flag.NewFlagSet("role "+args[0], flag.ContinueOnError)
	path := f.String("config", "", "configuration")
	gpio := f.String("gpio", "", "socket of the simulated GPIO chip")
	clock := f.String("clock", "", "1970: begin there")
	jump := f.Duration("clock-jump", 0, "when the wrong clock becomes right")
	cpu := f.String("cpuprofile", "", "file for a profile of the processor's time, written at the end")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	stop, err := measure.Profile(*cpu)
	if err != nil {
		return err
	}
	defer stop()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	switch args[0] {
	case "hub":
		cfg, err := app.Load(*path)
		if err != nil {
			return err
		}
		a, err := app.New(ctx, app.Options{Config: cfg, Version: version, Logger: log})
		if err != nil {
			return err
		}
		return a.Run(ctx)
	case "edge":
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		o := agent.Options{Config: cfg, Version: version, Logger: log}
		if *gpio != "" {
			o.GPIO = beam.NewClient(*gpio)
		}
		if *clock != "" {
			o.Wall = wrongClock(*jump)
		}
		a, err := agent.New(o)
		if err != nil {
			return err
		}
		return a.Run(ctx)
	}
	return fmt.Errorf("role: no role %q", args[0])
}

// wrongClock is a clock of a machine without a battery: it begins in 1970 and jumps to now after a while.
func wrongClock(jump time.Duration) func() time.Time {
	begin := time.Now()
	return func() time.Time {
		now := time.Now()
		if run := now.Sub(begin); run < jump {
			return time.Unix(0, 0).Add(run)
		}
		return now
	}
}
