// Command hallpulse-demo runs a whole county on one machine: the real hub, real gateways with their own journals, and
// simulated equipment that speaks the real protocols over serial lines, HTTP, RTSP and GPIO.
//
//	hallpulse-demo [flags]                  a county to look at
//	hallpulse-demo torture [flags] [NAME…]  faults, and what they cost
//	hallpulse-demo bench [flags] [NAME…]    how fast, how small
//	hallpulse-demo raspberry [flags]        the real gateway on an emulated board
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"hallpulse/cmd/hallpulse-demo/internal/bench"
	"hallpulse/cmd/hallpulse-demo/internal/raspberry"
	"hallpulse/cmd/hallpulse-demo/internal/torture"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "hallpulse-demo:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "torture":
			return tortureCommand(ctx, args[1:], os.Stdout)
		case "bench":
			return bench.Command(ctx, args[1:], os.Stdout)
		case "raspberry":
			return raspberry.Command(ctx, args[1:], os.Stdout)
		case "role": // how the torture run starts the county's programs
			return role(ctx, args[1:])
		}
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return demo(ctx, o, os.Stdout)
}

func tortureCommand(ctx context.Context, args []string, out io.Writer) error {
	o := torture.Options{Out: out}
	f := flag.NewFlagSet("torture", flag.ContinueOnError)
	f.StringVar(&o.Dir, "data", "torture-data", "folder for everything; each scenario has its own below it")
	f.IntVar(&o.Halls, "halls", 3, "township halls")
	f.Uint64Var(&o.Seed, "seed", 1, "the same seed, the same lives and kills")
	f.BoolVar(&o.Short, "short", false, "the same faults, shorter")
	f.Usage = func() {
		_, _ = fmt.Fprintf(f.Output(), "usage: hallpulse-demo torture [flags] all|%s\n", strings.Join(torture.Names(), "|"))
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return err
	}
	names := f.Args()
	if len(names) == 0 {
		names = []string{"all"}
	}
	return torture.Run(ctx, names, o)
}
