// Command hallpulse is the operator's tool (运维工具).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build.
var version = "dev"

// Exit codes.
const (
	exitOK    = 0
	exitFound = 1 // something is wrong with what was looked at
	exitUsage = 2
)

const usage = `hallpulse looks after gateways and hubs (运维工具).

  hallpulse check-config [--hub] FILE...                  check hall.yaml or hub.yaml   检查配置文件
  hallpulse journal ls DIR                                what a gateway's journal holds   查看网关日志
  hallpulse journal verify DIR                            look for damage in it            检查网关日志是否损坏
  hallpulse device record --port PATH [--profile NAME]    record what a line carries    录制串口或 TCP 线路
  hallpulse device replay FILE [--profile NAME|--suggest] play a recording against a profile   用协议回放录制
  hallpulse device probe                                  list what is connected, with blocks for hall.yaml   列出已接设备
  hallpulse terminal list|order|acknowledge               attendance terminals of the gateway that runs here   查看考勤机、下达命令
  hallpulse relay list|switch                             relays of the gateway that runs here   查看、切换继电器
  hallpulse reconcile --data DIR [--json] [--horizon 10s] compare a demonstration's events with what the hub stored   核对演示数据
  hallpulse version                                       print the version   显示版本

Terminal order and acknowledge and relay switch act on devices, by way of the gateway, which logs it. Nothing is changed by the
others; record and replay --fixture write a new file. Exit status: 0 all is well, 1 something is wrong, 2 wrong usage.
`

// tool is one run of the program.
type tool struct{ out, errs io.Writer }

// errUsage marks a mistake in the command line that was told already.
var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without the process around it.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	t := tool{out: out, errs: errs}
	if len(args) == 0 {
		t.tell(usage)
		return exitUsage
	}
	var err error
	switch rest := args[1:]; args[0] {
	case "check-config":
		err = t.checkConfig(rest)
	case "journal":
		err = t.journal(rest)
	case "device":
		err = t.device(ctx, rest)
	case "terminal":
		err = t.terminal(ctx, rest)
	case "relay":
		err = t.relay(ctx, rest)
	case "reconcile":
		err = t.reconcile(ctx, rest)
	case "version":
		t.say("%s\n", version)
	case "help", "-h", "--help":
		t.say("%s", usage)
	default:
		t.tell("hallpulse: no command %q (没有这个命令)\n\n%s", args[0], usage)
		err = errUsage
	}
	return t.status(err)
}

// status turns how a command ended into the exit code.
func (t *tool) status(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	}
	t.tell("%v\n", err)
	return exitFound
}

// flags makes the flag set of a command.
func (t *tool) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("hallpulse "+name, flag.ContinueOnError)
	f.SetOutput(t.errs)
	return f
}

// parse reads flags; a mistake was told by the flag set.
func parse(f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); err != nil && !errors.Is(err, flag.ErrHelp) {
		return errUsage
	} else if err != nil {
		return err
	}
	return nil
}

func (t *tool) say(format string, args ...any)  { _, _ = fmt.Fprintf(t.out, format, args...) }
func (t *tool) tell(format string, args ...any) { _, _ = fmt.Fprintf(t.errs, format, args...) }
