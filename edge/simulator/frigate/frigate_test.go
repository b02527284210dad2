package frigate

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/driver"
	"hallpulse/edge/simulator/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ear hears everything that is published.
type ear struct {
	t  *testing.T
	in chan driver.Message
}

func listen(t *testing.T, b *broker.Broker) *ear {
	t.Helper()
	e := &ear{t, make(chan driver.Message, 1024)}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := b.Subscribe(ctx, []string{"frigate/#"}, func() { close(ready) }, func(m driver.Message) { e.in <- m })
		if err != nil && !errors.Is(err, broker.ErrLost) {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	<-ready
	return e
}

// next gives the next message of a topic.
func (e *ear) next(topic string) driver.Message {
	e.t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case m := <-e.in:
			if m.Topic == topic {
				return m
			}
		case <-late:
			e.t.Fatalf("no message of %s", topic)
		}
	}
}

func (e *ear) json(topic string) (v map[string]any) {
	e.t.Helper()
	must(e.t, json.Unmarshal(e.next(topic).Payload, &v))
	return v
}

func run(t *testing.T, f *Frigate) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = stop() })
	return stop
}

func TestFrigate(t *testing.T) {
	ctx, b := t.Context(), broker.New()
	f := New(Options{Broker: b, Cameras: []string{"a", "b"}})
	e := listen(t, b)
	stop := run(t, f)
	if m := e.next("frigate/available"); string(m.Payload) != "online" {
		t.Errorf("%s", m.Payload)
	}
	if v := e.json("frigate/stats"); len(v["cameras"].(map[string]any)) != 2 {
		t.Errorf("%v", v)
	}
	must(t, f.Enter(ctx, "a", "zone", 2))
	must(t, f.Enter(ctx, "b", "zone", 1))
	must(t, f.Leave(ctx, "a", "zone", 1))
	for _, want := range []string{"2", "3", "2"} {
		if m := e.next("frigate/zone/person"); string(m.Payload) != want || m.Retained {
			t.Errorf("%s, want %s", m.Payload, want)
		}
	}
	must(t, b.Publish(ctx, "frigate/onConnect", nil, false))
	v := e.json("frigate/camera_activity")
	if n := len(v["a"].(map[string]any)["objects"].([]any)); n != 1 {
		t.Errorf("%v", v)
	}
	must(t, errors.Join(f.Motion(ctx, "a", true), f.Status(ctx, "a", "disabled")))
	if m, s := e.next("frigate/a/motion"), e.next("frigate/a/status/detect"); string(m.Payload) != "ON" || string(s.Payload) != "disabled" {
		t.Errorf("%s %s", m.Payload, s.Payload)
	}
	must(t, stop())
	if s := string(b.Retained("frigate/available")); s != "stopped" {
		t.Errorf("it is %s at its end", s)
	}
}

func TestFaults(t *testing.T) {
	ctx, b := t.Context(), broker.New()
	f := New(Options{Broker: b})
	e := listen(t, b)
	for _, c := range []struct {
		faults Faults
		ends   int
	}{{Faults{}, 1}, {Faults{DuplicateEnd: true}, 2}, {Faults{MissingEnd: true}, 0}} {
		f.SetFaults(c.faults)
		must(t, errors.Join(f.Enter(ctx, "hall_cam", "z", 1), f.Leave(ctx, "hall_cam", "z", 1), f.Stats(ctx)))
		ends := 0
		for m := <-e.in; m.Topic != "frigate/stats"; m = <-e.in {
			var v struct{ Type string }
			if m.Topic == "frigate/events" && json.Unmarshal(m.Payload, &v) == nil && v.Type == "end" {
				ends++
			}
		}
		if ends != c.ends {
			t.Errorf("%+v: %d ends", c.faults, ends)
		}
	}
	f.SetFaults(Faults{RetainCounts: true, UnknownCamera: true})
	must(t, errors.Join(f.Enter(ctx, "hall_cam", "z", 4), f.Stats(ctx), f.Leave(ctx, "hall_cam", "z", 9)))
	if v := e.json("frigate/stats"); v["cameras"].(map[string]any)["hall_cam_renamed"] == nil {
		t.Errorf("%v", v)
	}
	if s := string(b.Retained("frigate/z/person")); s != "0" {
		t.Errorf("kept %q", s)
	}
	f.SetFaults(Faults{Babble: true})
	must(t, f.Enter(ctx, "hall_cam", "z", 1))
	e.next("frigate/z/person") // of the four who went
	if m := e.next("frigate/z/person"); string(m.Payload) != "many" {
		t.Errorf("%s", m.Payload)
	}
	f.Restart()
	f.SetFPS("hall_cam", 0)
	must(t, f.Stats(ctx))
	v := e.json("frigate/stats")
	fps := v["cameras"].(map[string]any)["hall_cam"].(map[string]any)["camera_fps"].(float64)
	if up := v["service"].(map[string]any)["uptime"].(float64); fps != 0 || up > 60 {
		t.Errorf("%v", v)
	}
	f.SetFaults(Faults{NoActivity: true})
	must(t, errors.Join(f.activity(ctx), f.Offline(ctx)))
	if m := <-e.in; m.Topic != "frigate/available" || string(m.Payload) != "offline" {
		t.Errorf("%+v", m)
	}
}

func TestBrokerIsLost(t *testing.T) {
	b := broker.New()
	stop := run(t, New(Options{Broker: b}))
	must(t, b.Subscribers(t.Context(), 1))
	b.Offline(true)
	must(t, b.Subscribers(t.Context(), 0))
	if err := stop(); err != nil && !errors.Is(err, broker.ErrLost) {
		t.Error(err)
	}
}
