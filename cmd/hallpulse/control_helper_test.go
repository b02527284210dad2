package main

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/agent"
	"hallpulse/edge/config"
	"hallpulse/edge/control"
	"hallpulse/edge/simulator/contacts"
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
