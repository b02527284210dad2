package supervise

import (
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Limits used where a driver's Expect leaves them open.
const (
	DefaultBabble   = 120 // refusals a minute
	DefaultMinRetry = 500 * time.Millisecond
	DefaultMaxRetry = 30 * time.Second
	babbleWindow    = time.Minute
)

// health derives a device's state from the evidence it gave. It reads no clock and starts nothing.
type health struct {
	expect   driver.Expect
	started  time.Time // of the program, or when the device was opened last
	seen     time.Time
	failed   *hall.Reason
	degraded *hall.Reason
	stuck    bool
	suspect  *Suspicion
	window   time.Time // start of the babble window
	refused  int       // in the window
	babbled  time.Time // last time the window overflowed
}

func newHealth(e driver.Expect, now time.Time) *health {
	if e.Babble <= 0 {
		e.Babble = DefaultBabble
	}
	return &health{expect: e, started: now, window: now}
}

// sawDevice notes evidence of life.
func (h *health) sawDevice(now time.Time) {
	h.seen, h.failed = now, nil
}

// refusedOne counts bytes that could not be understood.
func (h *health) refusedOne(now time.Time) {
	if now.Sub(h.window) >= babbleWindow {
		h.window, h.refused = now, 0
	}
	h.refused++
	if h.refused > h.expect.Babble {
		h.babbled = now
	}
}

// state gives what the device is at now and why. The order is the order of how sure the evidence is.
func (h *health) state(now time.Time) (hall.Health, hall.Reason) {
	if h.failed != nil {
		return hall.HealthDown, *h.failed
	}
	if h.expect.Silence > 0 {
		last := h.seen
		if last.Before(h.started) {
			last = h.started
		}
		if now.Sub(last) > h.expect.Silence {
			return hall.HealthDown, hall.Reason{Code: "silent", Detail: h.expect.Silence.String()}
		}
	}
	if h.degraded != nil {
		if h.stuck {
			return hall.HealthStuck, *h.degraded
		}
		return hall.HealthDegraded, *h.degraded
	}
	if h.suspect != nil {
		if h.suspect.Stuck {
			return hall.HealthStuck, h.suspect.Reason
		}
		return hall.HealthDegraded, h.suspect.Reason
	}
	if !h.babbled.IsZero() && now.Sub(h.babbled) < babbleWindow {
		return hall.HealthDegraded, hall.Reason{Code: "babble"}
	}
	if h.seen.Before(h.started) { // also when it was never seen
		return hall.HealthUnknown, hall.Reason{}
	}
	return hall.HealthOK, hall.Reason{}
}
