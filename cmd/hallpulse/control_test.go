package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/agent"
	"hallpulse/edge/config"
	"hallpulse/edge/control"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/edge/simulator/terminal"
	"hallpulse/hall"
)

const handed = `
hall: {id: jiangkou, name: {zh: 江口镇便民服务中心}, township: {zh: 江口镇}}
panel: {listen: "127.0.0.1:0"}
attendance: {listen: "127.0.0.1:0"}
devices:
  - {id: front, name: {zh: 正门考勤机, en: Front door}, driver: zkteco-push, zkteco: {serial: CEXA000000001}}
  - {id: side, driver: zkteco-push, zkteco: {serial: CEXA000000002}}
  - {id: lights, name: {zh: 大厅灯}, driver: relay, relay: {pin: GPIO5, initial: "off"}}
`

// shelf gives a folder with a short path, as a socket needs one.
func shelf(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// gateway runs a real one with its data in dir, and waits until it takes orders.
func gateway(t *testing.T, dir, text string) *agent.Agent {
	t.Helper()
	c, err := config.Parse("hall.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir = dir
	a, err := agent.New(agent.Options{Config: c, Version: "test", GPIO: contacts.New("GPIO5")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	inBackground(t, func(ctx context.Context) {
		if err := a.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	within(t, "the gateway takes orders", func() bool {
		_, err := control.NewClient(dir).Do(t.Context(), control.Request{Do: control.ListRelays})
		return err == nil && (len(c.Terminals()) == 0 || a.AttendanceAddr() != "")
	})
	return a
}

// inBackground runs something until the test ends, and waits for it then.
func inBackground(t *testing.T, do func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { do(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late, tick := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("%s: not within 20 s", what)
		case <-tick.C:
		}
	}
}

func TestControlUsage(t *testing.T) {
	for _, args := range [][]string{
		{"terminal"}, {"terminal", "erase"}, {"terminal", "list", "x"}, {"terminal", "order"}, {"terminal", "order", "A"}, {"terminal", "order", "A", "info", "x"}, {"terminal", "order", "A", ""},
		{"terminal", "order", "A", "info", "--form", "x"}, {"terminal", "acknowledge"}, {"terminal", "list", "--from", "x"}, {"terminal", "list", "--lang", "fr"},
		{"relay"}, {"relay", "list", "x"}, {"relay", "switch"}, {"relay", "switch", "lights"}, {"relay", "switch", "lights", "up"}, {"relay", "toggle", "lights"},
	} {
		if _, errs := called(t, exitUsage, args...); errs == "" {
			t.Errorf("%v says nothing", args)
		}
	}
	for _, args := range [][]string{{"terminal", "list", "-h"}, {"terminal", "order", "-h"}, {"relay", "switch", "-h"}} {
		called(t, exitOK, args...)
	}
}

func TestTerminalCommands(t *testing.T) {
	dir := shelf(t)
	a := gateway(t, dir, handed)
	out, _ := called(t, exitOK, "terminal", "list", "--data", dir)
	contains(t, out, "考勤机 CEXA000000001  正门考勤机（front）  未知", "固件 未知  用户 未知  记录 未知", "最近应答 网关启动以来没有", "机壳是否被打开：未知", "CEXA000000002")
	term := terminal.New(terminal.Options{Serial: "CEXA000000001", Server: "http://" + a.AttendanceAddr(), Poll: 50 * time.Millisecond, Retry: 50 * time.Millisecond})
	inBackground(t, func(ctx context.Context) { _ = term.Run(ctx) })
	within(t, "it is well", func() bool {
		out, _ = called(t, exitOK, "terminal", "list", "--data", dir, "--lang", "en")
		return strings.Contains(out, "Front door (front)  ok") && strings.Contains(out, "1  INFO: done")
	})
	contains(t, out, "firmware Ver 2.0.33S  users 12  records held 0", "~DeviceName=K40", "clock not known")
	out, _ = called(t, exitOK, "terminal", "order", "CEXA000000001", "verify", "--from", "2026-11-01", "--to", "2026-11-02", "--data", dir)
	contains(t, out, "已排队：verify", "CEXA000000001")
	if strings.Contains(out, "注意") {
		t.Errorf("it is in contact: %s", out)
	}
	within(t, "it counted", func() bool {
		out, _ = called(t, exitOK, "terminal", "list", "--data", dir)
		return strings.Contains(out, "VERIFY SUM ATTLOG StartTime=2026-11-01 00:00:00  EndTime=2026-11-02 23:59:59：完成  0 条记录")
	})
	term.SetFaults(terminal.Faults{Return: -1002})
	called(t, exitOK, "terminal", "order", "--data", dir, "CEXA000000001", "check")
	within(t, "it refuses", func() bool {
		out, _ = called(t, exitOK, "terminal", "list", "--data", dir)
		return strings.Contains(out, "CHECK：考勤机拒绝（-1002）")
	})
	out, _ = called(t, exitOK, "terminal", "order", "--data", dir, "--lang", "en", "CEXA000000002", "info")
	contains(t, out, "queued: info", "not in contact now")
	term.SetFaults(terminal.Faults{})
	term.Tamper(true)
	within(t, "it was opened", func() bool {
		out, _ = called(t, exitOK, "terminal", "list", "--data", dir)
		return strings.Contains(out, "机壳曾被打开")
	})
	out, _ = called(t, exitOK, "terminal", "acknowledge", "CEXA000000001", "--data", dir)
	contains(t, out, "已确认考勤机 CEXA000000001")
	within(t, "somebody looked", func() bool {
		out, _ = called(t, exitOK, "terminal", "list", "--data", dir)
		return !strings.Contains(out, "机壳曾被打开")
	})
	for lang, want := range map[string]string{"zh": "没有序列号为 CEXA00000001 的考勤机", "en": "there is no terminal with serial number CEXA00000001"} {
		_, errs := called(t, exitFound, "terminal", "acknowledge", "CEXA00000001", "--data", dir, "--lang", lang)
		contains(t, errs, want, "CEXA000000001")
	}
	_, errs := called(t, exitFound, "terminal", "order", "CEXA000000001", "rebot", "--data", dir)
	contains(t, errs, "没有命令 rebot", "reboot")
}

func TestRelayCommands(t *testing.T) {
	dir := shelf(t)
	gateway(t, dir, handed)
	var out string
	listed := func(want string, more ...string) {
		t.Helper()
		within(t, want, func() bool {
			out, _ = called(t, exitOK, append([]string{"relay", "list", "--data", dir}, more...)...)
			return strings.Contains(out, want)
		})
	}
	listed("继电器 lights（大厅灯）  断开（")
	out, _ = called(t, exitOK, "relay", "switch", "lights", "on", "--data", dir)
	contains(t, out, "继电器 lights 已接通")
	listed("relay lights (大厅灯)  on (read back ", "--lang", "en")
	called(t, exitOK, "relay", "switch", "--data", dir, "lights", "off")
	listed("断开（")
	_, errs := called(t, exitFound, "relay", "switch", "ligths", "on", "--data", dir)
	contains(t, errs, "没有继电器 ligths", "lights")
}

func TestNothingConfigured(t *testing.T) {
	dir := shelf(t)
	head, _, _ := strings.Cut(handed, "devices:")
	gateway(t, dir, head)
	out, _ := called(t, exitOK, "terminal", "list", "--data", dir)
	contains(t, out, "本厅没有配置考勤机")
	out, _ = called(t, exitOK, "relay", "list", "--data", dir)
	contains(t, out, "本厅没有配置继电器")
	_, errs := called(t, exitFound, "terminal", "acknowledge", "X", "--data", dir)
	contains(t, errs, "本厅没有配置考勤机")
}

func TestNoGateway(t *testing.T) {
	dir := shelf(t)
	_, errs := called(t, exitFound, "terminal", "list", "--data", dir)
	contains(t, errs, "没有运行中的网关", dir, "hallpulse-edge")
	_, errs = called(t, exitFound, "relay", "list", "--data", filepath.Join(dir, "nowhere"), "--lang", "en")
	contains(t, errs, "no gateway runs here", "data_dir")
	ln, err := net.Listen("unix", filepath.Join(dir, control.SocketFile))
	if err != nil {
		t.Fatal(err)
	}
	inBackground(t, func(ctx context.Context) { // one that dies on the way
		conn, err := ln.Accept()
		if err == nil {
			_ = conn.Close()
		}
		<-ctx.Done()
		_ = ln.Close()
	})
	_, errs = called(t, exitFound, "relay", "switch", "lights", "on", "--data", dir)
	contains(t, errs, "可能已执行")
}

// Another user of the machine may not.
func TestPermissionDenied(t *testing.T) {
	zh := language("zh")
	a := asking{data: "/var/lib/hallpulse", lang: &zh}
	contains(t, a.told(fmt.Errorf("ask: %w", control.ErrDenied)).Error(), "没有权限（/var/lib/hallpulse）", "sudo")
	if os.Geteuid() == 0 {
		t.Skip("root may everything: the file system cannot be tried")
	}
	dir := shelf(t)
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	_, errs := called(t, exitFound, "terminal", "list", "--data", dir)
	contains(t, errs, "没有权限", "sudo")
}

// What a device said cannot steer the technician's terminal.
func TestDevicesTextIsPlain(t *testing.T) {
	var out strings.Builder
	p := printed{&tool{out: &out}, "zh"}
	p.one(control.Terminal{Serial: "A", Firmware: "\x1b[2JVer", Users: 1, Reason: hall.Reason{Code: "silent", Detail: "\a"}, Health: "down",
		Results: []control.Result{{ID: "1", Command: "INFO", Done: true, Code: -1003, Text: "a\x1b]0;x\nb"}}})
	if strings.ContainsAny(out.String(), "\x1b\a") {
		t.Errorf("%q", out.String())
	}
	contains(t, out.String(), "故障  ", "没有回应", "        b")
}

func TestClockWords(t *testing.T) {
	p := printed{&tool{}, "en"}
	for seconds, want := range map[float64]string{0.2: "right", 3: "fast by 3s", -3600: "slow by 1h0m0s"} {
		if got := p.clock(&seconds); got != want {
			t.Errorf("%v: %s", seconds, got)
		}
	}
}

func TestControlTextsAreComplete(t *testing.T) {
	for health := hall.HealthUnknown; health <= hall.HealthDown; health++ {
		if x := textsHealth[health.String()]; x.ZH == "" || x.EN == "" {
			t.Errorf("no words for %s", health)
		}
	}
	for _, x := range []hall.Text{textTerminalUsage, textRelayUsage, textNoGateway, textNoRight, textNoAnswer, textTerminal, textOrdered, textOrderedAway, textSwitched} {
		if strings.Count(x.ZH, "%") != strings.Count(x.EN, "%") || x.ZH == x.EN {
			t.Errorf("%+v", x)
		}
	}
}
