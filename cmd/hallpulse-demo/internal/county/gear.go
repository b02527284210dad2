package county

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hallpulse/edge/simulator/life"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
)

// run fits a simulator that cannot fail among the others.
func run(f func(context.Context)) func(context.Context) error {
	return func(ctx context.Context) error { f(ctx); return nil }
}

// gear is the equipment as people use it. Everything that happened is written into the truth when the equipment has acted.
func (h *Hall) gear() life.Gear {
	g := life.Gear{Invite: h.invite, Press: h.press, Punch: h.punch}
	if h.Kind == hall.Center {
		g.Ticket, g.Call = h.ticket, h.call
		if len(h.doors) > 0 {
			g.Pass = h.pass
		}
	}
	return g
}

// tell writes an event of this hall; its time is now.
func (h *Hall) tell(kind hall.FactKind, device hall.DeviceID, e truth.Event) {
	e.Hall, e.Kind, e.Device = h.ID, kind.String(), device
	h.truth.Write(e)
}

func (h *Hall) ticket(number string, c hall.Category, ahead int) error {
	if err := h.printer.Print(number, c.Name.ZH, ahead); err != nil {
		return err
	}
	h.tell(hall.KindTicket, deviceDispenser, truth.Event{Number: number, Category: c.ID, Ahead: ahead})
	return nil
}

func (h *Hall) call(w hall.WindowID, number string) error {
	if err := h.bus.Call(w, number); err != nil {
		return err
	}
	h.tell(hall.KindCall, deviceDisplay, truth.Event{Window: w, Number: number})
	return nil
}

func keypadID(w hall.WindowID) hall.DeviceID { return hall.DeviceID("keypad-" + string(w)) }

func (h *Hall) invite(w hall.WindowID, number string) error {
	if err := h.keypads[w].Invite(number); err != nil {
		return err
	}
	h.tell(hall.KindInvite, keypadID(w), truth.Event{Window: w, Number: number})
	return nil
}

func (h *Hall) press(w hall.WindowID, level int) error {
	seq, err := h.keypads[w].Press(level)
	if err != nil {
		return err
	}
	h.tell(hall.KindRating, keypadID(w), truth.Event{Window: w, Level: level, Seq: seq})
	return nil
}

func (h *Hall) punch(pin hall.StaffNo, status int) error {
	const face = 15
	r := h.terminal.Punch(string(pin), status, face)
	h.tell(hall.KindPunch, deviceTerminal, truth.Event{Serial: h.serial, PIN: pin, DeviceTime: r.Time, Status: status, Verify: face})
	return nil
}

// pass sends somebody through the door; nobody at a window waits for them.
func (h *Hall) pass(d hall.Direction) error {
	select {
	case h.walks <- d:
		return nil
	default:
		return fmt.Errorf("county: %d people at the door of %s", cap(h.walks), h.ID)
	}
}

// walk lets people through the door one after the other, until the doors are closed and everybody is through.
func (h *Hall) walk(ctx context.Context) {
	n := 0
	for d := range h.walks {
		at := h.doors[n%len(h.doors)]
		n++
		from := time.Now()
		if h.chip.Passage(ctx, at.outer, at.inner, d) != nil {
			continue // the county ends
		}
		h.tell(hall.KindPassage, at.device, truth.Event{Zone: zoneWaiting, Direction: d, From: from})
	}
}

// Press presses a key of a window's keypad, beside what people do.
func (h *Hall) Press(w hall.WindowID, level int) error { return h.press(w, level) }

// Windows lists the hall's windows.
func (h *Hall) Windows() []hall.WindowID { return slices.Clone(h.windows) }

// fail lets a device fail now and then and come back.
func (h *Hall) fail(ctx context.Context) {
	n := sum(string(h.ID))
	for {
		if rest(ctx, time.Duration(float64(90+n%120)*float64(time.Second)/min(h.speed, 4))) != nil {
			return
		}
		f := h.breakage(n)
		n += 7
		f.set(true)
		h.truth.Write(truth.Event{Hall: h.ID, Device: f.device, Kind: truth.KindFault, Note: f.note})
		err := rest(ctx, 60*time.Second)
		f.set(false)
		if err != nil {
			return
		}
	}
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
