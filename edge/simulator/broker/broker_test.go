package broker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a/b/c", false}, {"a/+", "a/b", true}, {"a/+", "a", false}, {"a/+/c", "a/b/c", true},
		{"a/#", "a", true}, {"a/#", "a/b/c", true}, {"#", "a/b", true}, {"#", "$SYS/x", false}, {"+/x", "$SYS/x", false},
		{"a/#/b", "a/x/b", false}, {"+", "a", true}, {"+", "a/b", false}, {"a/+", "a/", true}, {"", "a", false},
	} {
		if got := Match(c.filter, c.topic); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.filter, c.topic, got)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBroker(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	b := New()
	must(t, b.Publish(ctx, "a/kept", []byte("1"), true))
	must(t, b.Publish(ctx, "a/gone", []byte("1"), true))
	must(t, b.Publish(ctx, "a/gone", nil, true))
	must(t, b.Publish(ctx, "b/other", []byte("1"), true))
	if err := b.Publish(ctx, "a/+", nil, false); err == nil {
		t.Error("published to a filter")
	}
	heard := make(chan string, 16)
	subscribe := func(ctx context.Context) error {
		return b.Subscribe(ctx, []string{"a/#", "+/kept"}, func() { heard <- "connected" }, func(m driver.Message) {
			kept := ""
			if m.Retained {
				kept = " kept"
			}
			heard <- m.Topic + " " + string(m.Payload) + kept
		})
	}
	for range 2 {
		lost := make(chan error, 1)
		var wg sync.WaitGroup
		wg.Go(func() { lost <- subscribe(ctx) })
		must(t, b.Subscribers(ctx, 1))
		must(t, b.Publish(ctx, "a/new", []byte("2"), false))
		got := []string{<-heard, <-heard, <-heard}
		if want := []string{"connected", "a/kept 1 kept", "a/new 2"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		b.Offline(true)
		if err := <-lost; !errors.Is(err, ErrLost) {
			t.Errorf("got %v", err)
		}
		wg.Wait()
		if err := b.Publish(ctx, "a", nil, false); !errors.Is(err, ErrLost) {
			t.Errorf("published offline: %v", err)
		}
		if err := subscribe(ctx); !errors.Is(err, ErrLost) {
			t.Errorf("subscribed offline: %v", err)
		}
		b.Offline(false)
	}
	if string(b.Retained("a/kept")) != "1" || b.Retained("a/gone") != nil {
		t.Error("retained messages are wrong")
	}
	short, end := context.WithCancel(ctx)
	end()
	must(t, subscribe(short))
}
