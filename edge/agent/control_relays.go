package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/contact"
	"hallpulse/edge/supervise"
	"hallpulse/hall"
)

var (
	_ control.Relays   = (*relays)(nil)
	_ control.Switcher = (*relays)(nil)
)

// switchable is a driver whose device can be switched.
type switchable interface {
	driver.Driver
	Switch(ctx context.Context, on bool) error
}

// relays is the devices of a gateway that can be switched, in the order of the configuration.
type relays struct {
	a    *Agent
	list []*relay
	turn chan struct{} // held while one is switched: what is told of one is of that command, not of the next
}

// newRelays finds them, and puts itself between each and its supervisor to hear what is read back.
func newRelays(a *Agent, list []supervise.Device) *relays {
	out := &relays{a: a, turn: make(chan struct{}, 1)}
	for i := range list {
		if s, ok := list[i].Driver.(switchable); ok {
			r := &relay{switchable: s, id: list[i].ID, now: func() time.Time { return a.clock.Now().Wall }}
			list[i].Driver = r
			out.list = append(out.list, r)
		}
	}
	return out
}

// Relays gives how every relay is.
func (r *relays) Relays() (out []control.Relay) {
	states := (&hand{r.a}).states()
	for _, x := range r.list {
		d := states[x.id]
		c := control.Relay{Device: x.id, Name: deviceName(r.a.desc, x.id), Health: d.Health.String(), Reason: d.Reason}
		if on, at, known := x.state(); known {
			c.On, c.At = &on, at.In(r.a.cfg.Location()).Truncate(time.Second)
		}
		out = append(out, c)
	}
	return out
}

// Switch switches a relay and returns when what is read back is as wanted.
func (r *relays) Switch(ctx context.Context, device hall.DeviceID, on bool) error {
	x, err := r.find(device)
	if err != nil {
		return err
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return fmt.Errorf("agent: switch %s: %w", device, ctx.Err())
	}
	if err := x.Switch(ctx, on); err != nil {
		return notSwitched(device, err)
	}
	return nil
}

// notSwitched words why a relay is not as it was commanded.
func notSwitched(device hall.DeviceID, err error) error {
	switch {
	case errors.Is(err, contact.ErrDiffers):
		return cannot(control.CodeFailed, hall.Text{
			ZH: fmt.Sprintf("继电器 %s 没有跟随命令：请检查接线、接触器和反馈触点。命令仍然有效", device),
			EN: fmt.Sprintf("relay %s does not follow: its feedback differs from the command, which stands. Check the wiring, the contactor and its feedback contact", device),
		})
	case errors.Is(err, os.ErrClosed):
		return cannot(control.CodeFailed, hall.Text{
			ZH: fmt.Sprintf("继电器 %s 的引脚没有打开，现在不能切换", device), EN: fmt.Sprintf("the line of relay %s is not open: it cannot be switched now", device),
		})
	}
	return fmt.Errorf("agent: switch %s: %w", device, err)
}

func (r *relays) find(device hall.DeviceID) (*relay, error) {
	var all []string
	for _, x := range r.list {
		if all = append(all, string(x.id)); x.id == device {
			return x, nil
		}
	}
	if len(all) == 0 {
		return nil, cannot(control.CodeUnknown, hall.Text{ZH: "本厅没有配置继电器", EN: "this hall has no relay"})
	}
	return nil, unknown(hall.Text{ZH: "没有继电器 %s", EN: "there is no relay %s"}, string(device), all)
}

// relay is one of them, with what it read back last. A relay without a feedback contact gives no evidence of life, so that the
// hall's state says nothing of it; a technician is told what is on its line.
type relay struct {
	switchable
	id  hall.DeviceID
	now func() time.Time

	mu    sync.Mutex
	on    bool
	at    time.Time
	known bool // the driver runs, and has told
}

// Run runs the driver; what it told is forgotten at its end.
func (r *relay) Run(ctx context.Context, out driver.Sink) error {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.known = false
	}()
	return r.switchable.Run(ctx, relayEar{out, r})
}

func (r *relay) state() (on bool, at time.Time, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.on, r.at, r.known
}

// relayEar is a sink that hears whether a relay is on.
type relayEar struct {
	driver.Sink
	r *relay
}

// Reading hears the value and passes it on.
func (e relayEar) Reading(m hall.Metric, part string, value float64) {
	if m == hall.MetricOn {
		e.r.mu.Lock()
		e.r.on, e.r.at, e.r.known = value != 0, e.r.now(), true
		e.r.mu.Unlock()
	}
	e.Sink.Reading(m, part, value)
}
