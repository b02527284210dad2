package modbusdisplay

import (
	"context"
	"errors"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/modbus"
)

// exchange sends q and waits for its answer. The error is a [modbus.ErrSilent], a [modbus.ErrGarbled], or the line's.
func (m *master) exchange(ctx context.Context, q modbus.Request) (modbus.Reply, []byte, error) {
	x, err := modbus.NewExchange(q, m.d.echoes)
	if err != nil {
		return modbus.Reply{}, nil, errors.Join(err, driver.ErrPermanent)
	}
	if _, err := m.port.Write(x.Sent()); err != nil {
		return modbus.Reply{}, nil, err
	}
	late := time.NewTimer(m.d.o.Timeout + m.d.takes(len(x.Sent())+2*q.Count+5))
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return modbus.Reply{}, nil, modbus.ErrSilent
		case <-late.C:
			raw, err := x.Fail()
			m.refuse(err.Error(), raw)
			return modbus.Reply{}, nil, err
		case chunk, ok := <-m.chunks:
			if !ok { // the reader knows why
				return modbus.Reply{}, nil, modbus.ErrSilent
			}
			if r, frame, ok := x.Feed(chunk); ok {
				m.d.echoes = x.Echoes()
				return r, frame, nil
			}
		}
	}
}
