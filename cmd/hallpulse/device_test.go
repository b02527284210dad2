package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/simulator/line"
	sim "hallpulse/edge/simulator/profiled"
)

const capture = `# hallpulse capture 1
# date: 2026-11-24T09:30:00+08:00
# port: /dev/ttyUSB0
# settings: 9600 8N1
0 < 24 30 30 31 2C 41 30 31 32 23
1000 < 24 30 30 32 2C 42 30 30 33 23 78 79
90000 < 24 30 30 32 2C 30 31 26
`

func TestDeviceUsage(t *testing.T) {
	file := written(t, "capture.txt", capture)
	for _, args := range [][]string{
		{"device"}, {"device", "plug"}, {"device", "record"}, {"device", "record", "--port", "/dev/x", "--tcp", "h:1"}, {"device", "record", "--port", "/dev/x", "more"},
		{"device", "record", "--port", "/dev/x", "--max-size", "0"}, {"device", "record", "--baud", "fast"}, {"device", "replay"}, {"device", "replay", file, file},
		{"device", "replay", file, "--lang", "fr"}, {"device", "replay", file, "--suggest", "--fixture", "x"}, {"device", "probe", "x"}, {"device", "probe", "--wait", "0s"},
	} {
		if _, errs := called(t, exitUsage, args...); errs == "" {
			t.Errorf("%v says nothing", args)
		}
	}
	for _, args := range [][]string{{"device", "record", "-h"}, {"device", "replay", "-h"}, {"device", "probe", "-h"}} {
		called(t, exitOK, args...)
	}
}

func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

func TestDeviceReplay(t *testing.T) {
	file := written(t, "capture.txt", capture)
	out, _ := called(t, exitOK, "device", "replay", file, "--profile", "led-display")
	contains(t, out, "LED-485 窗口显示屏", "call address=1 number=A012", "0  constant   '$'", "5  number     A012", "无法识别: noise: no header", "78 79", "共 30 字节：3 帧（其中 1 帧只表示在线），拒绝 1 次，覆盖 93.3%", "call: 2")
	out, _ = called(t, exitOK, "device", "replay", "--profile", "led-display", "--brief", "--lang", "en", file)
	contains(t, out, "30 bytes: 3 frames", "refused: noise")
	if strings.Contains(out, "constant") {
		t.Errorf("fields in\n%s", out)
	}
	out, _ = called(t, exitOK, "device", "replay", file, "--suggest")
	contains(t, out, "最合适的协议", "led-display")
	out, _ = called(t, exitOK, "device", "replay", file, "--lang", "en") // no profile in it
	contains(t, out, "profiles that fit", "led-display")
	dir := t.TempDir()
	out, _ = called(t, exitOK, "device", "replay", file, "--profile", "led-display", "--fixture", dir, "--name", "hall-7")
	contains(t, out, filepath.Join(dir, "led-display", "hall-7.hex"))
	called(t, exitFound, "device", "replay", file, "--profile", "led-display", "--fixture", dir, "--name", "hall-7")
	own := written(t, "own.yaml", "about: {zh: 自制}\nlines: {}\nmessages: [{kind: call, match: '(?P<numbr>A)'}]\n")
	_, errs := called(t, exitFound, "device", "replay", file, "--profile", own)
	contains(t, errs, "own.yaml:3", "number")
	out, _ = called(t, exitFound, "device", "replay", file, "--profile", "rating-keypad")
	contains(t, out, "没有一帧被识别")
	_, errs = called(t, exitFound, "device", "replay", written(t, "x.txt", "hello\n"), "--profile", "led-display")
	contains(t, errs, "no recording")
	called(t, exitFound, "device", "replay", filepath.Join(t.TempDir(), "nowhere"))
	called(t, exitFound, "device", "replay", written(t, "noise.txt", "# hallpulse capture 1\n0 < 00 01"), "--suggest")
}

// recorded runs device record until the wanted text is printed, then ends it like Ctrl+C.
func recorded(t *testing.T, code int, until string, act func(), args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &watched{until: until, seen: cancel, first: act}
	var errs bytes.Buffer
	if got := run(ctx, append([]string{"device", "record"}, args...), out, &errs); got != code {
		t.Fatalf("exit %d, want %d\n%s%s", got, code, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

// watched is an output that acts once something is printed, and ends the program when it has seen enough.
type watched struct {
	bytes.Buffer
	until string
	seen  func()
	first func()
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if w.first != nil {
		w.first()
		w.first = nil
	}
	if strings.Contains(w.String(), w.until) {
		w.seen()
	}
	return n, err
}

func TestDeviceRecordSerial(t *testing.T) {
	dir := t.TempDir()
	l, err := line.Open(filepath.Join(dir, "port"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	file := filepath.Join(dir, "capture.txt")
	said := recorded(t, exitOK, "number=A012", func() {
		if _, err := l.Write([]byte("x$001,A012#")); err != nil {
			t.Error(err)
		}
	}, "--port", l.Path(), "--profile", "led-display", "--out", file)
	contains(t, said, "正在录制", "9600 8N1", "call address=1 number=A012", "录制结束", "共 11 字节")
	out, _ := called(t, exitOK, "device", "replay", file, "--lang", "en") // the profile stands in it
	contains(t, out, "profile led-display", "call: 1")
	_, errs := called(t, exitFound, "device", "record", "--port", l.Path(), "--out", file)
	contains(t, errs, "exists")
	_, errs = called(t, exitFound, "device", "record", "--port", filepath.Join(dir, "nowhere"), "--out", filepath.Join(dir, "none.txt"))
	contains(t, errs, "plugged in")
	if _, err := os.Stat(filepath.Join(dir, "none.txt")); err == nil {
		t.Error("a file of a line that is not there")
	}
	out, _ = called(t, exitFound, "device", "record", "--port", l.Path(), "--out", filepath.Join(dir, "silent.txt"), "--for", "50ms")
	contains(t, out, "没有收到任何字节")
	_, errs = called(t, exitFound, "device", "record", "--port", l.Path(), "--profile", "led-dispaly")
	contains(t, errs, "did you mean led-display")
}

func TestDeviceRecordTCP(t *testing.T) {
	server, err := sim.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	file := filepath.Join(t.TempDir(), "capture.txt")
	said := recorded(t, exitFound, "never", func() {
		for late := time.Now().Add(10 * time.Second); server.Connected() == 0 && time.Now().Before(late); {
			<-time.After(time.Millisecond)
		}
		if err := sim.NewQueue(sim.Options{Wire: server}).Call(1, "A012"); err != nil {
			t.Error(err)
		}
		_ = server.Unplug(true) // the device goes away
	}, "--tcp", server.Addr(), "--lang", "en", "--out", file)
	contains(t, said, "recording tcp://", "network", "closed the connection")
	out, _ := called(t, exitOK, "device", "replay", file, "--profile", "line-caller")
	contains(t, out, "number=A012")
}

func TestDeviceProbe(t *testing.T) {
	out, _ := called(t, exitOK, "device", "probe", "--ports=false", "--i2c=false", "--cameras=false")
	contains(t, out, "找到 0 项")
	l, err := line.Open(filepath.Join(t.TempDir(), "x")) // the machine may have anything
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	out, _ = called(t, exitOK, "device", "probe", "--i2c=false", "--cameras=false", "--lang", "en")
	contains(t, out, "found. Put the blocks")
	out, _ = called(t, exitFound, "device", "probe", "--ports=false", "--i2c=false", "--cameras=false", "--terminals", "192.0.2.1:1", "--wait", "10ms")
	contains(t, out, "无法检查 考勤机")
	out, _ = called(t, exitFound, "device", "probe", "--ports=false", "--i2c=false", "--cameras=false", "--broker", "mqtt://127.0.0.1:1", "--lang", "en", "--wait", "7s")
	contains(t, out, "MQTT device could not be looked at")
	called(t, exitFound, "device", "probe", "--broker", "mqtt://127.0.0.1:1", "--broker-password-file", "/nowhere")
}

func TestDeviceTextsAreComplete(t *testing.T) {
	for kind, text := range textsFound {
		if text.ZH == "" || text.EN == "" {
			t.Errorf("%s: %+v", kind, text)
		}
	}
}
