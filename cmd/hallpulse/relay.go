package main

import (
	"context"
	"time"

	"hallpulse/edge/control"
	"hallpulse/hall"
)

// relay is the technician's hand on the relays of a gateway that runs here.
func (t *tool) relay(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "list" && args[0] != "switch" {
		return t.wrong(textRelayUsage)
	}
	f := t.flags("relay " + args[0])
	a := askFlags(f)
	rest, err := wordsOf(f, args[1:])
	if err != nil {
		return err
	}
	r := control.Request{Do: control.ListRelays}
	switch {
	case args[0] == "list" && len(rest) == 0:
	case args[0] == "switch" && len(rest) == 2 && rest[0] != "" && (rest[1] == "on" || rest[1] == "off"):
		on := rest[1] == "on"
		r = control.Request{Do: control.SwitchRelay, Device: hall.DeviceID(rest[0]), On: &on}
	default:
		return t.wrong(textRelayUsage)
	}
	got, err := a.ask(ctx, r)
	if err != nil {
		return err
	}
	p := printed{t, a.lang.String()}
	if r.On != nil {
		p.line(textSwitched, r.Device, p.onOff(r.On))
		return nil
	}
	p.relays(got)
	return nil
}

// relays prints how every relay is.
func (p printed) relays(got control.Answer) {
	if len(got.Relays) == 0 {
		p.line(textNoRelays)
		return
	}
	p.line(textAsOf, got.AsOf.Format(time.DateTime))
	for _, r := range got.Relays {
		is := p.onOff(r.On)
		if r.On != nil {
			is = worded(textSince, p.lang, is, r.At.Format(time.TimeOnly))
		}
		p.line(textRelay, r.Device, plain(r.Name.In(p.lang)), is, p.health(r.Health, r.Reason))
	}
}

func (p printed) onOff(on *bool) string {
	switch {
	case on == nil:
		return textNotKnown.In(p.lang)
	case *on:
		return textOn.In(p.lang)
	}
	return textOff.In(p.lang)
}
