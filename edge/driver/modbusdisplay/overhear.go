package modbusdisplay

import (
	"context"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/modbus"
)

// listener follows a bus whose master is somebody else.
type listener struct {
	d      *Driver
	out    driver.Sink
	health *health
	asked  byte // the display whose answer is due; 0: none
	noise  bool // since it was asked
}

// overhear listens until ctx ends, the line fails or a call is not taken.
func (d *Driver) overhear(ctx context.Context, p driver.Port, out driver.Sink) error {
	l := &listener{d: d, out: out, health: newHealth(out)}
	dec := modbus.NewDecoder()
	last := time.Now()
	return driver.Listen(ctx, p, func(chunk []byte) (err error) {
		tell := func(m modbus.Message) {
			if err == nil { // a fact that cannot be stored ends the run: the next one must not overtake it
				err = l.message(ctx, m)
			}
		}
		now := time.Now()
		switch pause := now.Sub(last); {
		case pause >= quiet:
			dec.Flush(tell, l.refused)
			dec.Forget()
		case pause >= d.o.Timeout: // what is said again is asked again: the echo of a write would have come by now
			dec.Forget()
		}
		last = now
		dec.Feed(chunk, tell, l.refused)
		return err
	})
}

func (l *listener) refused(reason string, raw []byte) {
	l.noise = true
	l.out.Refused(reason, raw)
}

// message tells what a frame means.
func (l *listener) message(ctx context.Context, m modbus.Message) error {
	if m.Reply != nil {
		if l.d.ours(m.Reply.Address) {
			l.asked = 0
			l.health.answered(m.Reply.Address, m.Reply.Exception)
		}
		return nil
	}
	if l.asked != 0 {
		l.health.missed(l.asked, l.noise)
		l.asked = 0
	}
	q := m.Request
	switch {
	case l.d.o.NoReplies:
		l.out.Seen()
	case l.d.ours(q.Address):
		l.asked, l.noise = q.Address, false
	}
	return l.shown(ctx, q, m.Raw)
}

// shown tells the number that the master writes, if any.
func (l *listener) shown(ctx context.Context, q modbus.Request, raw []byte) error {
	place := l.d.o.Place
	data, err := place.written(q)
	if data == nil && err == nil {
		return nil
	}
	text := ""
	if err == nil {
		text, err = place.text(data)
	}
	if err != nil {
		l.out.Refused(err.Error(), raw)
		return nil
	}
	return l.d.o.Calls.Show(ctx, int(q.Address), text, raw, l.out)
}
