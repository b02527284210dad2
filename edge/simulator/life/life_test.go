package life

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"hallpulse/hall"
)

// day counts what people did to the equipment.
type day struct {
	tickets, calls, invites, presses, in, out, punches int
	waiting, maxWaiting                                int
}

func (d *day) gear() Gear {
	return Gear{
		Ticket: func(string, hall.Category, int) error {
			d.tickets++
			d.waiting++
			d.maxWaiting = max(d.maxWaiting, d.waiting)
			return nil
		},
		Call:   func(hall.WindowID, string) error { d.calls++; d.waiting--; return nil },
		Invite: func(hall.WindowID, string) error { d.invites++; return nil },
		Press:  func(hall.WindowID, int) error { d.presses++; return nil },
		Pass: func(dir hall.Direction) error {
			if dir == hall.In {
				d.in++
			} else {
				d.out++
			}
			return nil
		},
		Punch: func(hall.StaffNo, int) error { d.punches++; return nil },
	}
}

// TestMorning: a morning is lively, consistent and grows a queue when the coach comes.
func TestMorning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d day
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		Run(ctx, Options{
			Gear: d.gear(), Windows: []hall.WindowID{"1", "2", "3"}, Categories: []hall.Category{{ID: "a", Prefix: "A"}, {ID: "b", Prefix: "B"}},
			Staff: []hall.StaffNo{"1001", "1002"}, Arrivals: 30 * time.Second, Service: 60 * time.Second, Burst: 20 * time.Second, BurstSize: 14, Seed: 1,
		})
		if d.tickets < 150 || d.calls > d.tickets || d.invites > d.calls || d.presses > d.invites || d.out > d.in || d.punches < 2 {
			t.Errorf("an odd morning: %+v", d)
		}
		if d.maxWaiting < 8 {
			t.Errorf("the coach made no queue: %+v", d)
		}
	})
}

// TestSeed: the same seed is the same morning.
func TestSeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := func() string {
			var d day
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			Run(ctx, Options{Gear: d.gear(), Windows: []hall.WindowID{"1"}, Categories: []hall.Category{{ID: "a", Prefix: "A"}}, Arrivals: time.Minute, Service: 30 * time.Second, Seed: 5})
			return fmt.Sprintf("%+v", d)
		}
		if a, b := run(), run(); a != b {
			t.Errorf("two mornings of one seed differ:\n%s\n%s", a, b)
		}
	})
}
