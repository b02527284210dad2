package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/cmd/hallpulse/reconcile"
	"hallpulse/edge/agent"
	"hallpulse/edge/journal"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/store"
)

// called runs the tool and fails when its exit code is another.
func called(t *testing.T, code int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(t.Context(), args, &o, &e); got != code {
		t.Fatalf("%v: exit %d, want %d\n%s%s", args, got, code, o.String(), e.String())
	}
	return o.String(), e.String()
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"jornal"}, {"check-config"}, {"check-config", "--no"}, {"journal"}, {"journal", "rm", "x"}, {"journal", "ls"}, {"reconcile"},
		{"reconcile", "--data", "x", "y"}, {"reconcile", "--data", "x", "--horizon", "-1s"},
	} {
		if _, errs := called(t, exitUsage, args...); errs == "" {
			t.Errorf("%v says nothing", args)
		}
	}
	for _, args := range [][]string{{"help"}, {"version"}, {"check-config", "-h"}, {"reconcile", "--help"}} {
		called(t, exitOK, args...)
	}
}

func TestCheckConfig(t *testing.T) {
	good := "../../deploy/examples/hall.yaml"
	hub := written(t, "hub.yaml", "# 县级平台\ndata_dir: /var/lib/hallpulse\nweb: {listen: 127.0.0.1:8080}\n")
	if out, _ := called(t, exitOK, "check-config", good, hub); strings.Count(out, "配置正确") != 2 {
		t.Errorf("%s", out)
	}
	called(t, exitOK, "check-config", "--hub", written(t, "hub.yaml", "data_dir: x\n"))
	wrong := written(t, "hall.yaml", "hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}\npanle: {}\ndevices: [{id: k, driver: serial-keypa}]\n")
	_, errs := called(t, exitFound, "check-config", wrong, good)
	for _, want := range []string{"panel", "serial-keypad", "hall.yaml:2", "配置有误"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
	unknown := written(t, "hall.yaml", "hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}\nwindows: [{id: w, name: {zh: 窗}}]\n"+
		"devices: [{id: k, driver: serial-keypad, window: w, profile: no-such, serial: {port: /dev/x}}]\n")
	if _, errs := called(t, exitFound, "check-config", unknown); !strings.Contains(errs, "devices[0].profile") {
		t.Errorf("%s", errs)
	}
	called(t, exitFound, "check-config", written(t, "hub.yaml", "web: {lisen: x}\n"))
	called(t, exitFound, "check-config", filepath.Join(t.TempDir(), "nowhere.yaml"))
}

// filled makes a gateway's data folder with a journal that is still open.
func filled(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	j, err := journal.Open(filepath.Join(dir, agent.JournalDir), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	for n := range 20 {
		f := hall.Fact{
			Kind: hall.KindPassage, Device: "door", At: hall.Stamp{Wall: time.Unix(1.8e9+int64(n), 0), Boot: 1}, Passage: &hall.Passage{Zone: "z", Direction: hall.In},
		}
		payload, err := wire.EncodeFact(f)
		if err == nil {
			_, err = j.Append(hall.Facts, payload, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Ack(hall.Facts, 15); err != nil {
		t.Fatal(err)
	}
	if err := j.Alive(time.Unix(1.8e9, 0), time.Second); err != nil {
		t.Fatal(err)
	}
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestJournal(t *testing.T) {
	dir := filled(t)
	out, _ := called(t, exitOK, "journal", "ls", dir)
	for _, want := range []string{"boot 1", "records 1 to 20", "county has 15", "pending 5", "0000000000000001.seg", "sign of life 2027-01-15"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if out, _ := called(t, exitOK, "journal", "verify", filepath.Join(dir, agent.JournalDir)); !strings.Contains(out, "20 records in 1 files, no damage") {
		t.Errorf("%s", out)
	}
	if _, errs := called(t, exitFound, "journal", "verify", t.TempDir()); !strings.Contains(errs, "no journal") {
		t.Errorf("%s", errs)
	}
	seg := filepath.Join(dir, agent.JournalDir, "facts", "0000000000000001.seg")
	b, err := os.ReadFile(seg)
	if err != nil {
		t.Fatal(err)
	}
	b[100] ^= 1
	if err := os.WriteFile(seg, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs := called(t, exitFound, "journal", "verify", dir)
	if !strings.Contains(out, seg+" at byte ") || !strings.Contains(errs, "日志有损坏") {
		t.Errorf("%s%s", out, errs)
	}
}

// A demonstration of which nothing or something was stored.
func TestReconcile(t *testing.T) {
	dir := t.TempDir()
	called(t, exitFound, "reconcile", "--data", dir)
	log, err := truth.Create(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), hubDB(t, dir), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	called(t, exitOK, "reconcile", "--data", dir)
	log.Write(truth.Event{Kind: hall.KindTicket.String(), Hall: "h", Device: "d", Number: "A001", At: time.Unix(1.8e9, 0)})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	out, errs := called(t, exitFound, "reconcile", "--data", dir, "--json")
	var res reconcile.Result
	if err := json.Unmarshal([]byte(out), &res); err != nil || res.Counts[0].Missing != 1 || !strings.Contains(errs, "differs") {
		t.Errorf("%v %s %s", err, out, errs)
	}
	if out, _ := called(t, exitFound, "reconcile", "--data", dir); !strings.Contains(out, "A001") {
		t.Errorf("%s", out)
	}
	called(t, exitOK, "reconcile", "--data", dir, "--horizon", "10s")
	if code := run(canceled(t), []string{"reconcile", "--data", dir}, &bytes.Buffer{}, &bytes.Buffer{}); code != exitFound {
		t.Errorf("exit %d after a signal", code)
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func hubDB(t *testing.T, dir string) string {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "hub"), 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "hub", "hub.db")
}
