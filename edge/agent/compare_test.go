package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/compare"
	"hallpulse/edge/config"
	"hallpulse/edge/driver/onvif"
	"hallpulse/hall"
)

// The configuration may import neither: what it offers, and what runs without a word of it, is what they know.
func TestTheConfigurationOffersWhatThereIs(t *testing.T) {
	var c config.Checks
	c.Defaults()
	if got, want := newComparer(hall.Hall{}, c).limits, compare.DefaultLimits(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the configuration begins with %+v, the comparisons with %+v", got, want)
	}
	var names []string
	for _, n := range compare.Checks() {
		names = append(names, string(n))
	}
	if got := config.CheckNames(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(names))) {
		t.Errorf("%v can be switched off, of %v", got, names)
	}
	configured(t, t.TempDir(), fmt.Sprintf("  - {id: eye, driver: onvif-camera, onvif: {url: \"http://192.0.2.2\", ignore: [%s]}}\n",
		strings.Join(onvif.IgnorableCodes(), ", ")))
}

// The recorder tells every fact, and a display that shows the same number while services end is named until it calls.
func TestADisplayThatLiesIsNamed(t *testing.T) {
	c := configured(t, t.TempDir(), "checks: {display_after: 1m, display_tickets: 1}\n")
	a := made(t, Options{Config: c})
	a.desc.Devices = append(a.desc.Devices, hall.Device{ID: "display", Family: hall.Display})
	a.compare = newComparer(a.desc, c.Checks)
	day := time.Date(2026, 11, 24, 9, 0, 0, 0, time.FixedZone("UTC+8", 8*3600))
	hear := func(min int, f hall.Fact) {
		f.At.Wall = day.Add(time.Duration(min) * time.Minute)
		a.compare.hear(f)
	}
	hear(0, call(1))
	hear(1, ticket(2))
	hear(2, hall.Fact{Kind: hall.KindInvite, Invite: &hall.Invite{Window: "w1"}})
	hear(9, hall.Fact{Kind: hall.KindInvite, Invite: &hall.Invite{Window: "w1"}})
	s := hall.State{AsOf: day.Add(10 * time.Minute), Queue: hall.QueueState{Day: "2026-11-24"}}
	if got := a.compare.look(s)["display"]; !got.Stuck || got.Reason.Code != "display_unchanged" {
		t.Errorf("%+v", got)
	}
	hear(11, call(2))
	if got := a.compare.look(s); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	a.compare.forget()
	hear(12, ticket(3))
	if got := a.compare.look(s); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

// After closing a zone is counted empty once, as a fact; a hall that was opened again is left alone.
func TestRecountAfterClosing(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*3600)
	now := time.Date(2026, 11, 24, 17, 0, 0, 0, zone)
	a := made(t, Options{Config: configured(t, t.TempDir(), ""), Wall: func() time.Time { return now }})
	pass := func() {
		t.Helper()
		f := hall.Fact{Kind: hall.KindPassage, Device: "door", Raw: []byte("x"), Passage: &hall.Passage{Zone: "waiting", Direction: hall.In}}
		if err := a.rec.record(stamped(f, now)); err != nil {
			t.Fatal(err)
		}
	}
	people := func() int { return a.rec.state(now).Zones.Zones[0].People }
	recount := func() {
		t.Helper()
		if err := a.recountAt(t.Context(), hall.Stamp{Wall: now}); err != nil {
			t.Fatal(err)
		}
	}
	pass()
	pass()
	recount()
	if people() != 2 {
		t.Fatalf("while the hall is open: %d", people())
	}
	now = now.Add(100 * time.Minute) // 18:40
	recount()
	recount()
	if z := a.rec.state(now).Zones.Zones[0]; z.People != 0 || z.Drift != 2 || len(facts(t, a, hall.KindRecount)) != 1 {
		t.Errorf("%+v, %d recounts", z, len(facts(t, a, hall.KindRecount)))
	}
	now = now.Add(time.Minute)
	pass()
	recount()
	if people() != 1 {
		t.Errorf("somebody came in the evening: %d", people())
	}
}

func stamped(f hall.Fact, at time.Time) hall.Fact {
	f.At = hall.Stamp{Wall: at.UTC(), Boot: 1, Mono: time.Second}
	return f
}
