package agent

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/driver/attendance"
	"hallpulse/edge/panel"
	"hallpulse/edge/supervise"
	"hallpulse/hall"
)

var _ control.Terminals = (*hand)(nil)

// hand is what a technician can do to the attendance terminals of a gateway.
type hand struct{ a *Agent }

// openControl prepares the technician's socket; it listens while the agent runs. Devices that can be switched are heard.
func (a *Agent) openControl(list []supervise.Device) {
	h, r := &hand{a}, newRelays(a, list)
	a.control = control.New(control.Options{
		Path: filepath.Join(a.cfg.DataDir, control.SocketFile), Terminals: h, Orderer: h, Acknowledger: h, Relays: r, Switcher: r,
		Now: func() time.Time { return a.clock.Now().Wall.In(a.cfg.Location()).Truncate(time.Second) }, Logger: a.log,
	})
}

// seenTerminal is a terminal as its server and its supervisor know it.
type seenTerminal struct {
	attendance.Status
	state hall.DeviceState
	judge bool // the gateway knows the time
}

// look gives what is known of every terminal, by serial number.
func (h *hand) look() (out []seenTerminal) {
	a := h.a
	if a.terminal == nil {
		return nil
	}
	judge, states, ids := a.clock.Now().Mark != hall.Unsure, h.states(), a.cfg.Terminals()
	for _, st := range a.terminal.Status() {
		t := seenTerminal{Status: st, state: states[ids[st.Serial]], judge: judge}
		if t.Says == nil {
			t.Says = &attendance.Info{Users: -1, Records: -1}
		}
		out = append(out, t)
	}
	return out
}

// skew gives how far the terminal's clock is off; a gateway that does not know the time cannot judge that.
func (t *seenTerminal) skew() (d time.Duration, known bool) { return t.Skew, t.SkewKnown && t.judge }

func (t *seenTerminal) panel() panel.Terminal {
	p := panel.Terminal{
		Device: t.state.ID, Health: t.state.Health, Firmware: t.Says.Firmware, Users: t.Says.Users, Records: t.Says.Records, Last: t.state.LastSeen,
	}
	p.Skew, p.SkewKnown = t.skew()
	return p
}

// Terminals gives how every terminal is, by serial number.
func (h *hand) Terminals() (out []control.Terminal) {
	for _, x := range h.look() {
		t := control.Terminal{
			Serial: x.Serial, Device: x.state.ID, Name: deviceName(h.a.desc, x.state.ID), Health: x.state.Health.String(), Reason: x.state.Reason,
			Firmware: x.Says.Firmware, Users: x.Says.Users, Records: x.Says.Records, LastSeen: x.state.LastSeen,
			Waiting: x.Waiting, Results: h.results(x.Serial),
		}
		if !t.LastSeen.IsZero() {
			t.LastSeen = t.LastSeen.In(h.a.cfg.Location())
		}
		if skew, known := x.skew(); known {
			seconds := skew.Seconds()
			t.Skew = &seconds
		}
		t.Tamper, t.OpenedAt = tamper(x.state)
		out = append(out, t)
	}
	return out
}

// states gives the devices' state by id.
func (h *hand) states() map[hall.DeviceID]hall.DeviceState {
	out := map[hall.DeviceID]hall.DeviceState{}
	for _, d := range h.a.State().Devices.Devices {
		out[d.ID] = d
	}
	return out
}

// tamper tells of a terminal's case what its state does: a silent terminal may have been opened.
func tamper(d hall.DeviceState) (is control.Tamper, at string) {
	switch {
	case d.Reason.Code == "tamper":
		return control.TamperOpened, d.Reason.Detail
	case d.Health == hall.HealthOK, d.Health == hall.HealthDegraded:
		return control.TamperNone, ""
	}
	return control.TamperUnknown, ""
}

func deviceName(desc hall.Hall, id hall.DeviceID) hall.Text {
	for _, d := range desc.Devices {
		if d.ID == id {
			return d.Name
		}
	}
	return hall.Text{ZH: string(id)}
}

// results gives what became of the newest orders, in the order in which they were given.
func (h *hand) results(serial string) (out []control.Result) {
	for _, r := range h.a.terminal.Results(serial) {
		c := control.Result{ID: r.ID, Command: r.Command, Done: r.Done, Code: r.Code, Sum: r.Sum, Text: r.Text}
		if len(c.Text) > control.MaxResultText {
			c.Text = strings.ToValidUTF8(c.Text[:control.MaxResultText], "") + "…"
		}
		if !r.At.IsZero() {
			c.At = r.At.In(h.a.cfg.Location()).Truncate(time.Second)
		}
		out = append(out, c)
	}
	number := func(r control.Result) int { n, _ := strconv.Atoi(r.ID); return n } // the server counts them
	slices.SortFunc(out, func(a, b control.Result) int { return number(a) - number(b) })
	return out[max(0, len(out)-control.MaxResults):]
}
