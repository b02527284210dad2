package onvif

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	sim "hallpulse/edge/simulator/onvif"
	"hallpulse/hall"
)

// looker is a look at pictures that says what it is told to.
type looker struct{ says chan hall.Reason }

func (l *looker) Run(ctx context.Context, out driver.Sink) error {
	out.Opened()
	for {
		select {
		case <-ctx.Done():
			return nil
		case why := <-l.says:
			switch why.Code {
			case "":
				out.Healthy()
			case "dead":
				return errors.New("camera: dead")
			default:
				out.Degraded(true, why)
			}
		}
	}
}

// TestSight: what the picture shows is one trouble among others, and the device is opened once.
func TestSight(t *testing.T) {
	c := simulate(t, sim.Options{Snapshot: "http://192.168.255.10/s.jpg", Stream: "rtsp://192.168.255.10:554/live"})
	o := optionsOf(c)
	eye := &looker{make(chan hall.Reason)}
	where := make(chan string, 1)
	o.Snapshot, o.Stream = true, true
	o.Look = func(stream, still string) driver.Driver { where <- stream + " " + still; return eye }
	x := run(t, New(o))
	if got := <-where; got != "rtsp://127.0.0.1:554/live http://127.0.0.1/s.jpg" {
		t.Errorf("looks at %s", got)
	}
	x.opened()
	eye.says <- hall.Reason{Code: "frozen"}
	c.Motion(false) // ends the first pull
	x.wrong("frozen")
	c.Trouble(sim.TopicTamper, true)
	x.wrong(CodeTamper)
	c.Trouble(sim.TopicTamper, false)
	x.wrong("frozen")
	eye.says <- hall.Reason{}
	x.wrong("")
	eye.says <- hall.Reason{Code: "dead"}
	x.wrong("unreachable")
	if h := x.sink.Heard(); h.Opened != 1 {
		t.Errorf("opened %d times", h.Opened)
	}
}

func TestNoSight(t *testing.T) {
	c := simulate(t, sim.Options{Snapshot: "ftp://x/y"})
	o := optionsOf(c)
	o.Snapshot = true
	if err := New(o).Run(t.Context(), &drivertest.Sink{}); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("got %v", err)
	}
	o.Look = func(string, string) driver.Driver { return nil }
	x := run(t, New(o)) // it tells events all the same
	x.opened()
	c.Motion(true)
	x.reading(hall.MetricMotion, "door", 1)
	x.wrong("read_failed")
	if h := x.sink.Heard(); strings.Contains(h.Degraded.Detail, "ftp") {
		t.Errorf("%+v", h.Degraded)
	}
}

// TestRefresh: the subscription is renewed and all states are asked for again.
func TestRefresh(t *testing.T) {
	c := simulate(t, sim.Options{})
	base, err := address(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	s, out := fresh()
	d := New(optionsOf(c))
	q := newClient(base, "", "", &gate{}, time.Now)
	if err := d.meet(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	at, err := q.subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.SetFaults(sim.Faults{ClockOff: time.Hour})
	if err := d.refresh(t.Context(), q, s, at); err != nil {
		t.Fatal(err)
	}
	if st := c.Stats(); st.Renewed != 1 || st.Synchronized != 1 || out.Heard().Degraded == nil || out.Heard().Degraded.Code != codeClock {
		t.Errorf("%+v, %+v", st, out.Heard())
	}
	q.unsubscribe(t.Context(), at)
	if err := d.refresh(t.Context(), q, s, at); err == nil || c.Stats().Open != 0 {
		t.Errorf("got %v", err)
	}
}
