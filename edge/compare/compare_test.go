package compare

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

var (
	loc     = time.FixedZone("UTC+8", 8*3600)
	morning = time.Date(2026, 11, 24, 9, 0, 0, 0, loc)
)

func desc() hall.Hall {
	return hall.Hall{ID: "h", TimeZone: "Asia/Shanghai",
		Zones: []hall.Zone{{ID: "waiting", Role: hall.Waiting}, {ID: "office", Role: hall.Office}},
		Devices: []hall.Device{
			{ID: "display", Family: hall.Display}, {ID: "keypad", Family: hall.Keypad, Window: "w1"},
			{ID: "page", Family: hall.Keypad, Window: "w1"},
			{ID: "beam", Family: hall.Occupancy, Zone: "waiting"}, {ID: "pir", Family: hall.Occupancy, Zone: "waiting", Tells: hall.TellsPresence},
			{ID: "counter", Family: hall.Camera, Zone: "office", Tells: hall.TellsCount},
		}}
}

// day tells a watch what happens, minute by minute.
type day struct {
	w   *Watch
	now time.Time
	s   hall.State
}

func newDay(l Limits) *day {
	return &day{w: New(desc(), l), now: morning, s: hall.State{Queue: hall.QueueState{Day: "2026-11-24"}}}
}

func (d *day) after(min int, f hall.Fact) {
	d.now = d.now.Add(time.Duration(min) * time.Minute)
	f.At.Wall = d.now.UTC()
	d.w.Fact(f)
}

func (d *day) found() map[hall.DeviceID]Finding {
	d.s.AsOf = d.now
	out := map[hall.DeviceID]Finding{}
	for _, f := range d.w.Look(d.s) {
		out[f.Device] = f
	}
	return out
}

func ticket() hall.Fact { return hall.Fact{Kind: hall.KindTicket, Ticket: &hall.TicketIssued{}} }
func call(n string) hall.Fact {
	return hall.Fact{Kind: hall.KindCall, Device: "display", Call: &hall.Call{Number: n, Window: "w1"}}
}
func rating(dev hall.DeviceID) hall.Fact {
	return hall.Fact{Kind: hall.KindRating, Device: dev, Rating: &hall.Rating{Window: "w1", Level: 5}}
}
func invite() hall.Fact { return hall.Fact{Kind: hall.KindInvite, Invite: &hall.Invite{Window: "w1"}} }

func TestDisplayUnchanged(t *testing.T) {
	d := newDay(DefaultLimits())
	d.after(0, call("A001"))
	for range 6 {
		d.after(4, ticket())
	}
	d.after(0, invite())
	d.after(1, rating("keypad")) // of the same service
	if f := d.found(); len(f) > 0 {
		t.Fatalf("one service is that of the number shown: %+v", f)
	}
	d.after(10, invite())
	f, ok := d.found()["display"]
	if !ok || !f.Stuck || f.Reason.Code != "display_unchanged" || !strings.Contains(f.Reason.Detail, "A001 since 09:00; 6 tickets") {
		t.Fatalf("got %+v", f)
	}
	d.after(1, call("A002"))
	if f := d.found(); len(f) > 0 {
		t.Errorf("a new number clears it: %+v", f)
	}
}

func TestDisplayOfAQuietHall(t *testing.T) {
	d := newDay(DefaultLimits())
	d.after(0, call("A001"))
	d.after(40, invite())
	d.after(40, rating("keypad"))
	if f := d.found(); len(f) > 0 {
		t.Errorf("nobody took a ticket: %+v", f)
	}
}

func TestOccupancyEmpty(t *testing.T) {
	d := newDay(DefaultLimits())
	d.s.Queue.Waiting = 9
	d.s.Zones.Zones = []hall.ZoneState{{ID: "waiting", In: 12, Out: 12}, {ID: "office"}}
	if f := d.found(); len(f) > 0 {
		t.Fatalf("at once: %+v", f)
	}
	d.now = d.now.Add(5 * time.Minute)
	f := d.found()
	if len(f) != 1 || !f["beam"].Stuck || f["beam"].Reason.Detail != "0 people counted, 9 wait, since 09:00" {
		t.Fatalf("got %+v", f)
	}
	d.s.Zones.Zones[0].People = 1
	if f := d.found(); len(f) > 0 {
		t.Errorf("somebody is counted: %+v", f)
	}
	d.s.Zones.Zones[0].People = 0
	if f := d.found(); len(f) > 0 {
		t.Errorf("the time begins anew: %+v", f)
	}
	d.s.Zones.Zones[0].Unknown = true
	d.now = d.now.Add(time.Hour)
	if f := d.found(); len(f) > 0 {
		t.Errorf("a counter that is away does not lie: %+v", f)
	}
}

func TestKeypadSilent(t *testing.T) {
	d := newDay(DefaultLimits())
	d.s.Queue.Windows = []hall.WindowState{{ID: "w1", Served: 30}}
	if f := d.found(); len(f) != 2 || f["keypad"].Stuck || f["keypad"].Reason.Code != "keypad_silent" {
		t.Fatalf("got %+v", f)
	}
	d.after(0, rating("page")) // people rate at the window, in another way
	if f := d.found(); len(f) > 0 {
		t.Errorf("got %+v", f)
	}
}

func TestPassagesDrift(t *testing.T) {
	d := newDay(DefaultLimits())
	d.s.Queue.Issued = 30
	d.s.Zones.Zones = []hall.ZoneState{{ID: "waiting", In: 14, Out: 3, People: 11}}
	if f := d.found(); len(f) != 1 || f["beam"].Stuck || f["beam"].Reason.Detail != "14 came in, 30 tickets" {
		t.Fatalf("got %+v", f)
	}
	d.s.Zones.Zones[0].In = 15
	if f := d.found(); len(f) > 0 {
		t.Errorf("got %+v", f)
	}
	d.s.Zones.Zones[0].Out = 31
	if f := d.found(); f["beam"].Reason.Detail != "15 came in, 31 went out" {
		t.Errorf("got %+v", f)
	}
}

func TestSwitchedOff(t *testing.T) {
	l := DefaultLimits()
	l.Off = Checks()
	d := newDay(l)
	d.s.Queue.Windows = []hall.WindowState{{ID: "w1", Served: 300}}
	d.s.Queue.Issued = 300
	if f := d.found(); len(f) > 0 {
		t.Errorf("got %+v", f)
	}
}

func TestANewDayForgets(t *testing.T) {
	d := newDay(DefaultLimits())
	d.after(0, call("A001"))
	for range 6 {
		d.after(4, ticket())
	}
	d.after(0, invite())
	d.after(10, invite())
	if len(d.found()) != 1 {
		t.Fatal("not found")
	}
	d.now, d.s.Queue.Day = d.now.Add(24*time.Hour), "2026-11-25"
	if f := d.found(); len(f) > 0 {
		t.Errorf("yesterday's number is no evidence: %+v", f)
	}
	d.after(0, hall.Fact{At: hall.Stamp{Mark: hall.Unsure}, Kind: hall.KindTicket, Ticket: &hall.TicketIssued{}})
	if d.w.tickets != 0 {
		t.Error("a time of 1970 counts for no day")
	}
	if !slices.Contains(d.w.displays["display"].windows, hall.WindowID("w1")) {
		t.Error("where the display hangs is forgotten")
	}
}
