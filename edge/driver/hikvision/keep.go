package hikvision

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// startKeeper looks after the device until ctx ends, where it has an address.
func (d *device) startKeeper(ctx context.Context, sink driver.Sink) {
	if d.client == nil {
		return
	}
	d.kind.reached(false)
	d.inflight.Go(func() { d.keep(ctx, sink) })
}

// keep looks at the device again and again. Its failures end nothing: the device may post, or stream, all the same.
func (d *device) keep(ctx context.Context, sink driver.Sink) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var looked time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-d.wake:
			if d.pause(ctx, looked) != nil {
				return
			}
		}
		looked = time.Now()
		d.look(ctx, sink)
		timer.Reset(d.o.Interval*9/10 + rand.N(d.o.Interval/5+1)) // the devices of a hall are not asked all at once
	}
}

// look asks who the device is, if that is not known, and for its clock.
func (d *device) look(ctx context.Context, sink driver.Sink) {
	err := d.identify(ctx)
	var skew time.Duration
	if err == nil {
		skew, err = d.client.skew(ctx, d.o.location())
	}
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, errLogin):
		d.trouble(sink, codeLogin, err.Error())
		return
	case errors.Is(err, errUnsupported), errors.Is(err, errTime): // it lives, without telling its clock
	case err != nil:
		d.trouble(sink, codeUnreached, err.Error())
		return
	default:
		d.clocked(sink, skew)
	}
	d.well(sink, codeLogin, codeUnreached)
	if d.lives {
		d.seen(sink)
	}
	switch err := d.kind.tend(ctx, sink); {
	case ctx.Err() != nil, errors.Is(err, errNotStored):
	case errors.Is(err, errLogin):
		d.trouble(sink, codeLogin, err.Error())
	case err != nil:
		d.trouble(sink, codeHistory, err.Error())
	default:
		d.well(sink, codeHistory)
	}
}

// identify asks for the serial number unless it is known.
func (d *device) identify(ctx context.Context) error {
	d.mu.Lock()
	known := d.status.Model != ""
	d.mu.Unlock()
	if known || d.client == nil {
		return nil
	}
	i, err := d.client.info(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status.Model, d.status.Firmware = i.Model, i.Firmware
	if d.status.Model == "" {
		d.status.Model = "unknown"
	}
	if d.o.Serial == "" {
		d.status.Serial = i.Serial
	}
	return nil
}

// earliest is before every clock that was set; a gateway that starts in 1970 judges nobody's.
func earliest() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

// clocked takes what the device's clock says.
func (d *device) clocked(sink driver.Sink, skew time.Duration) {
	now := d.srv.opts.Now()
	d.mu.Lock()
	d.offset = skew
	sure := now.After(earliest())
	d.status.Skew, d.status.SkewKnown = 0, sure
	if sure {
		d.status.Skew = skew
	}
	d.mu.Unlock()
	if !sure {
		return
	}
	sink.Reading(hall.MetricSkew, "", skew.Seconds())
	if skew.Abs() > MaxSkew {
		d.trouble(sink, codeClock, skew.Round(time.Second).String())
		return
	}
	d.well(sink, codeClock)
}

// clock gives the device's own time.
func (d *device) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.srv.opts.Now().Add(d.offset)
}

func (d *device) skew() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status.Skew
}

// nudge makes the keeper look soon.
func (d *device) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
