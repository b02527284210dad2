package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const minimal = "hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}\npanel: {listen: \"127.0.0.1:%d\"}\ndata_dir: %s\n"

func called(ctx context.Context, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(ctx, args, &o, &e)
	return code, o.String(), e.String()
}

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hall.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodes(t *testing.T) {
	good := written(t, fmt.Sprintf(minimal, 0, t.TempDir()))
	wrong := written(t, "hall: {id: A}\npanle: {}\n")
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{0, "dev", []string{"--version"}},
		{0, "-config", []string{"-h"}},
		{2, "参数", []string{"--log-format", "xml"}},
		{2, "参数", []string{"--no-such"}},
		{2, "参数", []string{"surplus"}},
		{2, "no such file", []string{"--config", filepath.Join(t.TempDir(), "hall.yaml")}},
		{2, "hall.township", []string{"--config", wrong}},
		{2, "panel", []string{"--check", "--config", wrong}},
		{0, "ok      gateway", []string{"--self-test"}},
		{0, "配置正确", []string{"--check", "--config", good}},
	} {
		code, out, errs := called(t.Context(), c.args...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("%v: exit %d, want %d and %q\n%s%s", c.args, code, c.code, c.says, out, errs)
		}
	}
}

// The gateway runs until it is told to stop; a second one on the same data cannot start.
func TestRunAndStop(t *testing.T) {
	file := written(t, fmt.Sprintf(minimal, 0, t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan int, 1)
	out := &lines{seen: make(chan string, 100)}
	go func() { first <- run(ctx, []string{"--config", file, "--log-format", "json"}, out, out) }()
	var addr string
	for addr == "" {
		select {
		case line := <-out.seen:
			if _, rest, ok := strings.Cut(line, `"panel":"`); ok {
				addr, _, _ = strings.Cut(rest, `"`)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the gateway does not start")
		}
	}
	res, err := http.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if code, _, errs := called(t.Context(), "--config", file); code != exitFailed || !strings.Contains(errs, "in use") {
		t.Errorf("a second one: exit %d, %s", code, errs)
	}
	cancel()
	select {
	case code := <-first:
		if code != 0 {
			t.Errorf("exit %d", code)
		}
	case <-time.After(10 * time.Second):
		t.Error("does not stop")
	}
}

// lines passes on what is written.
type lines struct{ seen chan string }

func (l *lines) Write(p []byte) (int, error) {
	select {
	case l.seen <- string(p):
	default:
	}
	return len(p), nil
}
