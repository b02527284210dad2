package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/simulator/terminal"
)

func TestControlUsage(t *testing.T) {
	for _, args := range [][]string{
		{"terminal"}, {"terminal", "erase"}, {"terminal", "list", "x"}, {"terminal", "order"}, {"terminal", "order", "A"},
		{"terminal", "order", "A", "info", "x"}, {"terminal", "order", "A", ""},
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
	term := terminal.New(terminal.Options{
		Serial: "CEXA000000001", Server: "http://" + a.AttendanceAddr(), Poll: 50 * time.Millisecond, Retry: 50 * time.Millisecond,
	})
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
