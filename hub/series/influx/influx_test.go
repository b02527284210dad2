package influx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/series"
	"hallpulse/hub/series/seriestest"
)

// binary finds a real influxd; `make needs` installs one.
func binary(t *testing.T) string {
	t.Helper()
	names := []string{os.Getenv("HALLPULSE_INFLUXD")}
	if out, err := exec.Command("go", "env", "GOBIN", "GOPATH").Output(); err == nil { // a machine without Go may have one in its path
		bin, path, _ := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\n")
		if bin == "" {
			bin = filepath.Join(strings.Split(path, string(filepath.ListSeparator))[0], "bin")
		}
		names = append(names, filepath.Join(bin, "influxd"))
	}
	for _, name := range append(names, "influxd") {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("no influxd: run make needs")
	return ""
}

// freePort gives an address for a program that starts later: a loopback host of its own, so that no connection made meanwhile
// takes the port.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// serve starts influxd 1.8 in a folder of its own and gives its address.
func serve(t *testing.T) string {
	t.Helper()
	path, dir, addr := binary(t), t.TempDir(), freePort(t)
	conf := fmt.Sprintf(`reporting-disabled = true
bind-address = %q
[meta]
dir = %q
[data]
dir = %q
wal-dir = %q
index-version = "tsi1"
[http]
bind-address = %q
flux-enabled = true
log-enabled = false
`, freePort(t), dir+"/meta", dir+"/data", dir+"/wal", addr)
	file := filepath.Join(dir, "influxd.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "-config", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	await(t, "influxd", func() bool { return get(addr+"/ping", nil) == nil })
	await(t, "the database", func() bool {
		return get(addr+"/query", url.Values{"q": {"CREATE DATABASE hallpulse"}}) == nil
	})
	return "http://" + addr
}

func get(at string, form url.Values) error {
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, "http://"+at, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode >= 300 || strings.Contains(string(body), "error")) {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return err
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s did not come", what)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// TestConformance runs against a real InfluxDB 1.8; each test has a bucket of its own.
func TestConformance(t *testing.T) {
	server := serve(t)
	addr := strings.TrimPrefix(server, "http://")
	seriestest.Run(t, func(t *testing.T, name string) series.Engine {
		db := strings.ReplaceAll(name, " ", "_")
		await(t, "a bucket", func() bool {
			return get(addr+"/query", url.Values{"q": {fmt.Sprintf("CREATE DATABASE %q", db)}}) == nil
		})
		return Open(Options{URL: server, Bucket: db + "/autogen"})
	})
}

// TestErrors: a server that is away is worth another try; data it will never take is counted and blocks nothing.
func TestErrors(t *testing.T) {
	var status int
	var seen int
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen++
		w.WriteHeader(status)
	}))
	defer srv.Close()
	e := Open(Options{URL: srv.URL, Bucket: "b"})
	defer func() { _ = e.Close() }()
	list := []series.Batch{{Hall: "a", Readings: make([]hall.Reading, 4)}}
	for i := range list[0].Readings {
		list[0].Readings[i] = hall.Reading{Series: hall.Series{Metric: "people"}, At: time.UnixMilli(int64(i)), Value: 1}
	}
	status = http.StatusServiceUnavailable
	if err := e.Write(t.Context(), list); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("unavailable: %v", err)
	}
	status = http.StatusBadRequest
	if err := e.Write(t.Context(), list); err != nil || e.Refused() != 4 {
		t.Errorf("refused: %v, %d counted", err, e.Refused())
	}
}
