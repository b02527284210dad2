// Package compare finds devices that live and lie: each says something, but what they say together cannot be true. A display
// whose number stays while tickets are printed and served, a counter that sees nobody where nine wait, a keypad that nobody
// ever presses at a busy window, passages that do not fit the tickets.
//
// A [Watch] hears every fact of the hall and looks at its state; what it gives is evidence in words, not a verdict of a
// person. It reads no clock: the same facts and states give the same findings. It is not safe for concurrent use.
package compare

import (
	"fmt"
	"slices"
	"time"

	"hallpulse/hall"
)

// Check names a comparison.
type Check string

// The comparisons; each name is also the code of its reason.
const (
	DisplayUnchanged Check = "display_unchanged" // number the same while tickets are printed and services end
	OccupancyEmpty   Check = "occupancy_empty"   // nobody counted where people wait
	KeypadSilent     Check = "keypad_silent"     // not one rating at a busy window
	PassagesDrift    Check = "passages_drift"    // fewer came in than took a ticket, or many more went out than came in
)

// Checks lists every comparison.
func Checks() []Check { return []Check{DisplayUnchanged, OccupancyEmpty, KeypadSilent, PassagesDrift} }

// Limits says when a comparison is convinced.
type Limits struct {
	Off            []Check
	DisplayAfter   time.Duration // the number is unchanged for this long
	DisplayTickets int           // and so many tickets were printed meanwhile
	EmptyWaiting   int           // so many wait while nobody is counted
	EmptyFor       time.Duration // for this long
	KeypadServed   int           // so many were served at the window today
	DriftTickets   int           // so many tickets were printed today
	DriftShare     float64       // and fewer than this share of so many people came in
}

// DefaultLimits suit a township's hall.
func DefaultLimits() Limits {
	return Limits{DisplayAfter: 20 * time.Minute, DisplayTickets: 5, EmptyWaiting: 9, EmptyFor: 5 * time.Minute, KeypadServed: 30,
		DriftTickets: 30, DriftShare: 0.5}
}

// Finding is what the others' words say of a device.
type Finding struct {
	Device hall.DeviceID
	Stuck  bool
	Reason hall.Reason
}

// sameService is how close the end of a service and its rating are: together they are one.
const sameService = 90 * time.Second

// services is how many services must have ended at a window since its display's last number. The first is the one of that
// number.
const services = 2

// Watch compares the devices of one hall.
type Watch struct {
	desc   hall.Hall
	limits Limits

	day      string
	displays map[hall.DeviceID]*shown
	tickets  int                           // of the day
	ratings  map[hall.DeviceID]int         // of the day
	ends     map[hall.WindowID][]time.Time // since the window's last call, services at most
	empty    map[hall.ZoneID]time.Time
}

// shown is what a display showed last.
type shown struct {
	number  string
	at      time.Time
	tickets int // printed until then
	windows []hall.WindowID
}

// New gives a watch that has heard nothing.
func New(desc hall.Hall, limits Limits) *Watch {
	w := &Watch{desc: desc, limits: limits}
	w.morning("")
	return w
}

// morning forgets the day before. What hangs where stays known.
func (w *Watch) morning(day string) {
	w.day, w.tickets = day, 0
	w.ratings, w.ends, w.empty = map[hall.DeviceID]int{}, map[hall.WindowID][]time.Time{}, map[hall.ZoneID]time.Time{}
	old := w.displays
	w.displays = map[hall.DeviceID]*shown{}
	for id, s := range old {
		w.displays[id] = &shown{windows: s.windows}
	}
}

// Fact hears one fact, in the journal's order.
func (w *Watch) Fact(f hall.Fact) {
	if f.At.Mark == hall.Unsure {
		return
	}
	if day := f.At.Wall.In(w.desc.Location()).Format(time.DateOnly); day > w.day {
		w.morning(day)
	}
	switch {
	case f.Ticket != nil:
		w.tickets++
	case f.Call != nil:
		s := w.displays[f.Device]
		if s == nil {
			s = &shown{}
			w.displays[f.Device] = s
		}
		s.number, s.at, s.tickets = f.Call.Number, f.At.Wall, w.tickets
		if !slices.Contains(s.windows, f.Call.Window) {
			s.windows = append(s.windows, f.Call.Window)
		}
		delete(w.ends, f.Call.Window)
	case f.Invite != nil:
		w.ended(f.Invite.Window, f.At.Wall)
	case f.Rating != nil:
		w.ratings[f.Device]++
		w.ended(f.Rating.Window, f.At.Wall)
	}
}

// ended notes the end of a service.
func (w *Watch) ended(window hall.WindowID, at time.Time) {
	list := w.ends[window]
	if n := len(list); n > 0 && at.Sub(list[n-1]) < sameService {
		return
	}
	if len(list) < services {
		w.ends[window] = append(list, at)
	}
}

// Look gives every finding of now, in the order of the configuration.
func (w *Watch) Look(s hall.State) (out []Finding) {
	if s.Queue.Day > w.day {
		w.morning(s.Queue.Day)
	}
	for _, d := range w.desc.Devices {
		for _, look := range []struct {
			check Check
			at    func(hall.Device, *hall.State) (detail string, found bool)
			stuck bool
		}{
			{DisplayUnchanged, w.display, true},
			{OccupancyEmpty, w.occupancy, true},
			{KeypadSilent, w.keypad, false},
			{PassagesDrift, w.passages, false},
		} {
			if slices.Contains(w.limits.Off, look.check) {
				continue
			}
			if detail, found := look.at(d, &s); found {
				out = append(out, Finding{Device: d.ID, Stuck: look.stuck, Reason: hall.Reason{Code: string(look.check), Detail: detail}})
				break
			}
		}
	}
	return out
}

// display: a second service ended at its window since its last number, and tickets were printed all the while.
func (w *Watch) display(d hall.Device, s *hall.State) (string, bool) {
	last := w.displays[d.ID]
	if d.Family != hall.Display || !d.TellsQueue() || last == nil || last.at.IsZero() {
		return "", false
	}
	printed := w.tickets - last.tickets
	if s.AsOf.Sub(last.at) < w.limits.DisplayAfter || printed < w.limits.DisplayTickets {
		return "", false
	}
	for _, window := range last.windows {
		if len(w.ends[window]) >= services {
			return fmt.Sprintf("%s since %s; %d tickets printed, services ended since", last.number, w.clock(last.at), printed), true
		}
	}
	return "", false
}

// occupancy: nobody is counted in the waiting area while many wait.
func (w *Watch) occupancy(d hall.Device, s *hall.State) (string, bool) {
	if !d.CountsZone() || !w.waitingArea(d.Zone) {
		return "", false
	}
	i := slices.IndexFunc(s.Zones.Zones, func(z hall.ZoneState) bool { return z.ID == d.Zone })
	if i < 0 || s.Zones.Zones[i].Unknown || s.Zones.Zones[i].People > 0 || s.Queue.Waiting < w.limits.EmptyWaiting {
		delete(w.empty, d.Zone)
		return "", false
	}
	since, ok := w.empty[d.Zone]
	if !ok || since.After(s.AsOf) {
		w.empty[d.Zone] = s.AsOf
		since = s.AsOf
	}
	if s.AsOf.Sub(since) < w.limits.EmptyFor {
		return "", false
	}
	return fmt.Sprintf("0 people counted, %d wait, since %s", s.Queue.Waiting, w.clock(since)), true
}

// waitingArea says whether people who wait must be in this zone: it is the waiting area, or the hall names none.
func (w *Watch) waitingArea(id hall.ZoneID) bool {
	named := false
	for _, z := range w.desc.Zones {
		if z.Role == hall.Waiting {
			if named = true; z.ID == id {
				return true
			}
		}
	}
	return !named
}

// keypad: a busy window and not one rating.
func (w *Watch) keypad(d hall.Device, s *hall.State) (string, bool) {
	if d.Family != hall.Keypad || d.Window == "" || w.ratings[d.ID] > 0 {
		return "", false
	}
	for _, other := range w.desc.Devices { // the window's people may rate elsewhere
		if other.Family == hall.Keypad && other.Window == d.Window && w.ratings[other.ID] > 0 {
			return "", false
		}
	}
	for _, win := range s.Queue.Windows {
		if win.ID == d.Window && win.Served >= w.limits.KeypadServed {
			return fmt.Sprintf("%d served at the window today, 0 ratings", win.Served), true
		}
	}
	return "", false
}

// passages: who takes a ticket has come in.
func (w *Watch) passages(d hall.Device, s *hall.State) (string, bool) {
	if !d.CountsPassages() {
		return "", false
	}
	in, out := 0, 0
	for _, z := range s.Zones.Zones {
		in += z.In
		out += z.Out
	}
	switch {
	case s.Queue.Issued < w.limits.DriftTickets:
		return "", false
	case float64(in) < w.limits.DriftShare*float64(s.Queue.Issued):
		return fmt.Sprintf("%d came in, %d tickets", in, s.Queue.Issued), true
	case float64(out)*w.limits.DriftShare > float64(in):
		return fmt.Sprintf("%d came in, %d went out", in, out), true
	}
	return "", false
}

func (w *Watch) clock(t time.Time) string { return t.In(w.desc.Location()).Format("15:04") }
