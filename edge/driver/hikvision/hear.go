package hikvision

import (
	"context"

	"hallpulse/edge/driver"
)

// hear takes the text of an event. What cannot be understood is set aside; an error means that facts are not durable.
func (d *device) hear(ctx context.Context, sink driver.Sink, text []byte) error {
	e, err := ParseEvent(text)
	if err != nil {
		d.refuse(sink, err.Error(), private(text))
		return nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	d.seen(sink)
	if e.Heartbeat() {
		d.count(func(st *Status) { st.Heartbeats++ })
	}
	return d.kind.take(ctx, sink, e)
}

// seen notes evidence of life, and what is wrong nevertheless.
func (d *device) seen(sink driver.Sink) {
	now := d.srv.opts.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Last = now
	sink.Seen()
	d.mood.tell(sink)
}

// trouble notes that something is wrong, well that it is not.
func (d *device) trouble(sink driver.Sink, code, detail string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mood.set(code, detail) {
		d.mood.tell(sink)
	}
}

func (d *device) well(sink driver.Sink, codes ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, code := range codes {
		if d.mood.clear(code) {
			d.mood.tell(sink)
		}
	}
}

func (d *device) count(do func(*Status)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do(&d.status)
}

// refuse sets bytes aside.
func (d *device) refuse(sink driver.Sink, reason string, raw []byte) {
	d.count(func(st *Status) { st.Refused++ })
	sink.Refused(reason, raw)
}

// refused sets bytes aside where no sink is at hand.
func (d *device) refused(reason string, raw []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Refused++
	if d.sink != nil {
		d.sink.Refused(reason, private(raw))
	}
}

func (d *device) serial() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status.Serial
}
