package control

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Only the gateway's user and root: the file says so from its first moment, whatever the umask, and the kernel names the caller.
func TestMode(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := shelf(t)
	sock, err := listen(t.Context(), filepath.Join(dir, SocketFile)) // nothing but bind has touched it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sock.Close() }()
	info, err := os.Lstat(filepath.Join(dir, SocketFile))
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if info, err = os.Lstat(filepath.Join(dir, SocketFile+".lock")); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestStrangerIsDenied(t *testing.T) {
	dir, g, log := shelf(t), &gateway{}, &syncBuffer{}
	s := served(dir, g, log)
	s.mayBe = func(uint32) bool { return false }
	running(t, s)
	var p *Problem
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: Acknowledge, Serial: "X"}); !errors.As(err, &p) || p.Code != CodeDenied {
		t.Errorf("%v", err)
	}
	if g.notes() != "" || !strings.Contains(log.String(), "denied") {
		t.Errorf("asked %q, log %s", g.notes(), log)
	}
}

func TestNobodyThere(t *testing.T) {
	dir := shelf(t)
	ask := func(dir string) error {
		_, err := NewClient(dir).Do(t.Context(), Request{Do: ListRelays})
		return err
	}
	for _, d := range []string{dir, filepath.Join(dir, "nowhere")} {
		if err := ask(d); !errors.Is(err, ErrNoGateway) {
			t.Errorf("%s: %v", d, err)
		}
	}
	stale(t, dir)
	if err := ask(dir); !errors.Is(err, ErrNoGateway) {
		t.Errorf("a killed gateway: %v", err)
	}
	if err := ask(strings.Repeat("/long", 40)); !errors.Is(err, errPath) {
		t.Errorf("%v", err)
	}
	if err := dialError(&net.OpError{Err: os.NewSyscallError("connect", syscall.EACCES)}); !errors.Is(err, ErrDenied) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewClient(dir).Do(ctx, Request{Do: ListRelays}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// stale leaves a socket as a killed gateway does.
func stale(t testing.TB, dir string) {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, SocketFile), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	dir := shelf(t)
	stale(t, dir)
	stop := running(t, served(dir, &gateway{}, io.Discard))
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: ListRelays}); err != nil {
		t.Error(err)
	}
	stop()
	if _, err := os.Lstat(filepath.Join(dir, SocketFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it left its socket: %v", err)
	}
	running(t, served(dir, &gateway{}, io.Discard)) // its lock is free
}

func TestLiveGatewayIsNotReplaced(t *testing.T) {
	dir := shelf(t)
	first := &gateway{}
	running(t, served(dir, first, io.Discard))
	if err := served(dir, &gateway{}, io.Discard).Run(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(dir, SocketFile+".lock")); err != nil { // by a hand that tidies up
		t.Fatal(err)
	}
	if err := served(dir, &gateway{}, io.Discard).Run(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("without its lock: %v", err)
	}
	if _, err := NewClient(dir).Do(t.Context(), Request{Do: Acknowledge, Serial: "X"}); err != nil || first.notes() != "acknowledge X" {
		t.Errorf("%v, asked %q", err, first.notes())
	}
}

func TestWhatIsNoSocketStays(t *testing.T) {
	dir := shelf(t)
	file := filepath.Join(dir, SocketFile)
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := served(dir, &gateway{}, io.Discard).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("%q %v", text, err)
	}
	for _, d := range []string{filepath.Join(dir, "nowhere"), strings.Repeat("/long", 40)} {
		if err := served(d, &gateway{}, io.Discard).Run(t.Context()); err == nil {
			t.Errorf("%s: no error", d)
		}
	}
}
