// Command hallpulse-edge is the gateway of one hall (厅脉厅端网关).
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
	"runtime/debug"
	"syscall"

	"hallpulse/edge/agent"
	"hallpulse/edge/config"
)

// version is set by the build.
var version = "dev"

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2 // wrong flags or a wrong configuration: starting again does not help
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without the process around it.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("hallpulse-edge", flag.ContinueOnError)
	flags.SetOutput(errs)
	file := flags.String("config", "/etc/hallpulse/hall.yaml", "configuration file (配置文件)")
	show := flags.Bool("version", false, "print the version and exit (显示版本)")
	check := flags.Bool("check", false, "check the configuration and exit (只检查配置)")
	pictures := flags.String("rating-codes", "", "write the QR codes of the windows' rating pages into this folder and exit (输出各窗口评价二维码)")
	self := flags.Bool("self-test", false, "try on this machine what a gateway lives by, and tell its hardware (本机自检)")
	var level slog.Level
	flags.TextVar(&level, "log-level", slog.LevelInfo, "debug, info, warn or error (日志级别)")
	format := flags.String("log-format", "text", "text or json (日志格式)")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 0 || *format != "text" && *format != "json" {
		_, _ = fmt.Fprintln(errs, "hallpulse-edge: wrong arguments; -h tells the right ones (参数错误，-h 查看用法)")
		return exitUsage
	}
	if *show {
		_, _ = fmt.Fprintln(out, version)
		return 0
	}
	if *self {
		if err := agent.SelfTest(ctx, os.TempDir(), out); err != nil {
			_, _ = fmt.Fprintln(errs, err)
			return exitFailed
		}
		return 0
	}
	cfg, err := config.Load(*file)
	if err == nil {
		err = agent.Check(cfg)
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, err)
		return exitUsage
	}
	if *check {
		_, _ = fmt.Fprintf(out, "%s: 配置正确 | the configuration is right\n", *file)
		return 0
	}
	if *pictures != "" {
		if err := codes(cfg, *pictures, out); err != nil {
			_, _ = fmt.Fprintln(errs, err)
			return exitFailed
		}
		return 0
	}
	if err := serve(ctx, agent.Options{Config: cfg, Version: version, Logger: logger(errs, *format, level)}); err != nil {
		_, _ = fmt.Fprintln(errs, err)
		return exitFailed
	}
	return 0
}

// gcPercent is how much garbage may gather, of what is in use: gateways have little memory, and make little garbage. The
// environment's GOGC wins.
const gcPercent = 50

func serve(ctx context.Context, o agent.Options) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	a, err := agent.New(o)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
