package supervise

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// book is a recorder that keeps facts.
type book struct {
	mu    sync.Mutex
	facts []hall.Fact
	fail  bool
}

func (b *book) Fact(_ context.Context, f hall.Fact) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail {
		return errors.New("journal full")
	}
	b.facts = append(b.facts, f)
	return nil
}

func (b *book) Stamp() hall.Stamp { return hall.Stamp{Wall: time.Now(), Boot: 1} }

func (b *book) Reading(hall.Series, float64) {}

// of gives the health changes of a device.
func (b *book) of(id hall.DeviceID) (out []hall.DeviceChange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.facts {
		if f.Device == id && f.Change != nil {
			out = append(out, *f.Change)
		}
	}
	return out
}

type driverFunc func(ctx context.Context, out driver.Sink) error

func (f driverFunc) Run(ctx context.Context, out driver.Sink) error { return f(ctx, out) }

// alive is a device that gives evidence every second.
func alive(ctx context.Context, out driver.Sink) error {
	out.Opened()
	for {
		out.Seen()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// runFor runs devices for d of synthetic time.
func runFor(t *testing.T, b *book, d time.Duration, devices ...Device) *Supervisor {
	t.Helper()
	s := New(Options{Recorder: b}, devices)
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	s.Run(ctx)
	return s
}

// TestStates: each kind of failing device is named, and none of them touches the healthy one.
func TestStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		silent := func(ctx context.Context, out driver.Sink) error {
			out.Opened()
			out.Seen()
			<-ctx.Done()
			return nil
		}
		babbling := func(ctx context.Context, out driver.Sink) error {
			out.Opened()
			for range 500 {
				out.Refused("checksum", []byte{1, 2, 3})
			}
			<-ctx.Done()
			return nil
		}
		stuck := func(ctx context.Context, out driver.Sink) error {
			out.Opened()
			out.Seen()
			out.Degraded(true, hall.Reason{Code: "frozen"})
			<-ctx.Done()
			return nil
		}
		s := runFor(t, &b, 40*time.Second,
			Device{ID: "ok", Driver: driverFunc(alive), Expect: driver.Expect{Silence: 5 * time.Second}},
			Device{ID: "silent", Driver: driverFunc(silent), Expect: driver.Expect{Silence: 10 * time.Second}},
			Device{ID: "absent", Driver: driverFunc(func(context.Context, driver.Sink) error { return errors.New("no such port") })},
			Device{ID: "babbling", Driver: driverFunc(babbling)},
			Device{ID: "stuck", Driver: driverFunc(stuck)},
			Device{ID: "panics", Driver: driverFunc(func(context.Context, driver.Sink) error { panic("a driver's mistake") })},
		)
		want := map[hall.DeviceID]hall.DeviceChange{
			"ok":       {To: hall.HealthOK},
			"silent":   {From: hall.HealthOK, To: hall.HealthDown, Reason: hall.Reason{Code: "silent", Detail: "10s"}},
			"absent":   {To: hall.HealthDown, Reason: hall.Reason{Code: "open_failed", Detail: "no such port"}},
			"babbling": {To: hall.HealthDegraded, Reason: hall.Reason{Code: "babble"}},
			"stuck":    {To: hall.HealthStuck, Reason: hall.Reason{Code: "frozen"}},
			"panics":   {To: hall.HealthDown, Reason: hall.Reason{Code: "open_failed", Detail: "supervise: driver panicked: a driver's mistake"}},
		}
		for id, last := range want {
			got := b.of(id)
			if len(got) == 0 || got[len(got)-1] != last {
				t.Errorf("%s: changes %+v, want the last to be %+v", id, got, last)
			}
		}
		if n := len(b.of("ok")); n != 1 {
			t.Errorf("the healthy device changed %d times", n)
		}
		for _, r := range s.Reports() {
			if r.Device == "babbling" && (r.Refused != 500 || len(r.Refusals) != keepRefusals) {
				t.Errorf("refusals: %d counted, %d kept", r.Refused, len(r.Refusals))
			}
		}
		select {
		case <-s.Tried():
		default:
			t.Error("Tried is still open")
		}
	})
}

// TestRecovery: a device that comes back is ok again, and its absence was journalled once.
func TestRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		runs := 0
		flaky := func(ctx context.Context, out driver.Sink) error {
			if runs++; runs < 5 {
				return errors.New("unplugged")
			}
			return alive(ctx, out)
		}
		runFor(t, &b, 2*time.Minute, Device{ID: "d", Driver: driverFunc(flaky)})
		got := b.of("d")
		if len(got) != 2 || got[0].To != hall.HealthDown || got[1].To != hall.HealthOK {
			t.Errorf("changes: %+v", got)
		}
	})
}

// TestReplugged: a line that can be opened again proves nothing about its device; what it said before it failed is not now.
func TestReplugged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		runs := 0
		mute := func(ctx context.Context, out driver.Sink) error {
			out.Opened()
			if runs++; runs == 1 {
				out.Seen()
				<-time.After(2 * time.Second)
				return errors.New("unplugged")
			}
			<-time.After(20 * time.Second)
			out.Seen()
			<-ctx.Done()
			return nil
		}
		runFor(t, &b, time.Minute, Device{ID: "printer", Driver: driverFunc(mute), Expect: driver.Expect{MinRetry: 5 * time.Second}})
		var got []hall.Health
		for _, c := range b.of("printer") {
			got = append(got, c.To)
		}
		if want := []hall.Health{hall.HealthOK, hall.HealthDown, hall.HealthUnknown, hall.HealthOK}; !slices.Equal(got, want) {
			t.Errorf("was %v, want %v", got, want)
		}
	})
}

// TestFullJournal: a change that could not be stored is stored later.
func TestFullJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := book{fail: true}
		time.AfterFunc(20*time.Second, func() { b.mu.Lock(); b.fail = false; b.mu.Unlock() })
		runFor(t, &b, time.Minute, Device{ID: "d", Driver: driverFunc(alive)})
		if got := b.of("d"); len(got) != 1 || got[0].To != hall.HealthOK {
			t.Errorf("changes: %+v", got)
		}
	})
}

// TestTriedWaitsForWhatForgets: the gap of the hall ends when the devices are read that keep nothing; a camera that hangs
// cannot hold it back.
func TestTriedWaitsForWhatForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		hangs := driverFunc(func(ctx context.Context, _ driver.Sink) error { <-ctx.Done(); return nil })
		slow := driverFunc(func(ctx context.Context, out driver.Sink) error {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			return alive(ctx, out)
		})
		s := New(Options{Recorder: &book{}}, []Device{{ID: "camera", Driver: hangs, Keeps: true}, {ID: "keypad", Driver: slow}})
		done := make(chan struct{})
		go func() { defer close(done); s.Run(ctx) }()
		begin := time.Now()
		<-s.Tried()
		if took := time.Since(begin); took != time.Second {
			t.Errorf("tried after %v", took)
		}
		cancel()
		<-done
	})
	<-New(Options{Recorder: &book{}}, []Device{{ID: "camera", Keeps: true}}).Tried()
}

// TestBackoff: waits double up to the limit, with jitter, and never reach zero.
func TestBackoff(t *testing.T) {
	e := driver.Expect{MinRetry: time.Second, MaxRetry: 8 * time.Second}
	for n := range 70 {
		full := min(time.Second<<min(n, 16), 8*time.Second)
		if d := backoff(e, n); d < full/2 || d > full {
			t.Fatalf("retry %d waits %v, want %v to %v", n, d, full/2, full)
		}
	}
}
