package supervise

import (
	"context"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Sink = (*unit)(nil)

// Fact journals f as said by this device.
func (u *unit) Fact(ctx context.Context, f hall.Fact) error {
	f.Device = u.dev.ID
	begin := time.Now()
	err := u.s.opts.Recorder.Fact(ctx, f)
	u.s.opts.Metrics.Read(u.dev.ID, time.Since(begin), err)
	return err
}

// Reading journals a measured value of this device.
func (u *unit) Reading(metric hall.Metric, part string, value float64) {
	u.s.opts.Recorder.Reading(hall.Series{Metric: metric, Device: u.dev.ID, Part: part}, value)
	if metric == hall.MetricReadSeconds {
		u.s.opts.Metrics.Read(u.dev.ID, time.Duration(value*float64(time.Second)), nil)
	}
}

// Opened ends the gap of this device. Silence is counted anew: an open port proves nothing about the device yet.
func (u *unit) Opened() {
	u.mu.Lock()
	u.opened = true
	u.health.failed = nil
	u.health.started = time.Now()
	u.mu.Unlock()
	u.once.Do(u.s.tried)
}

// Seen notes evidence from the device itself.
func (u *unit) Seen() {
	u.mu.Lock()
	u.health.sawDevice(time.Now())
	u.mu.Unlock()
	u.s.opts.Metrics.Seen(u.dev.ID)
}

// Degraded notes that the device lives but cannot be trusted.
func (u *unit) Degraded(stuck bool, why hall.Reason) {
	why.Detail = clip(why.Detail, 200)
	u.mu.Lock()
	u.health.degraded, u.health.stuck = &why, stuck
	u.mu.Unlock()
}

// Healthy ends a Degraded.
func (u *unit) Healthy() {
	u.mu.Lock()
	u.health.degraded = nil
	u.mu.Unlock()
}

// Refused keeps the newest refused bytes and counts them all.
func (u *unit) Refused(reason string, raw []byte) {
	now := time.Now()
	u.refused.Add(1)
	r := Refusal{At: now, Reason: clip(reason, 200), Raw: append([]byte(nil), raw[:min(len(raw), keepRawBytes)]...)}
	u.mu.Lock()
	u.health.refusedOne(now)
	u.unsent++
	if len(u.kept) == keepRefusals {
		copy(u.kept, u.kept[1:])
		u.kept = u.kept[:keepRefusals-1]
	}
	u.kept = append(u.kept, r)
	u.mu.Unlock()
	u.s.opts.Metrics.Refused(u.dev.ID)
}

// clip shortens s to at most n bytes, on a character's border.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
