package live

import (
	"testing"
	"testing/synctest"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

func queue(boot uint32, version uint64, waiting int) wire.Snapshot {
	return wire.Snapshot{Section: hall.SectionQueue, Boot: boot, Version: version, Queue: &hall.QueueState{Waiting: waiting}}
}

func waiting(t *testing.T, s *Store) int {
	t.Helper()
	v, ok := s.Get("a")
	if !ok {
		t.Fatal("hall a is not known")
	}
	return v.State.Queue.Waiting
}

// TestOrder: the newest wins, also when messages overtake each other or come twice.
func TestOrder(t *testing.T) {
	s := New(Options{})
	for i, c := range []struct {
		boot    uint32
		version uint64
		waiting int
		want    int
	}{{1, 1, 5, 5}, {1, 3, 7, 7}, {1, 2, 6, 7}, {1, 3, 9, 7}, {2, 1, 1, 1}, {1, 9, 9, 1}} {
		s.Apply("a", queue(c.boot, c.version, c.waiting))
		if got := waiting(t, s); got != c.want {
			t.Errorf("message %d: %d waiting, want %d", i, got, c.want)
		}
	}
}

// TestSilence: a hall that says nothing is late, then lost, and what it said keeps its age.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		s.Describe(hall.Hall{ID: "a"})
		if v, _ := s.Get("a"); v.Link != LinkNever {
			t.Errorf("link %s", v.Link)
		}
		s.Apply("a", queue(1, 1, 5))
		s.Apply("a", wire.Snapshot{Section: hall.SectionDevices, Boot: 1, Version: 2, Devices: &hall.DevicesState{Devices: []hall.DeviceState{{ID: "d", Health: hall.HealthOK}}}})
		began := time.Now()
		for _, step := range []struct {
			after  time.Duration
			link   Link
			health hall.Health
		}{{LateAfter - time.Second, LinkOnline, hall.HealthOK}, {LateAfter, LinkLate, hall.HealthOK}, {LostAfter, LinkLost, hall.HealthUnknown}} {
			time.Sleep(time.Until(began.Add(step.after)))
			s.Tick()
			v, _ := s.Get("a")
			if v.Link != step.link || v.State.Devices.Devices[0].Health != step.health || !v.Sections[hall.SectionQueue].Equal(began) {
				t.Errorf("after %v: link %s, device %s, queue heard %v", step.after, v.Link, v.State.Devices.Devices[0].Health, v.Sections[hall.SectionQueue])
			}
		}
		s.Apply("a", queue(1, 3, 6))
		if v, _ := s.Get("a"); v.Link != LinkOnline || v.State.Devices.Devices[0].Health != hall.HealthOK {
			t.Errorf("heard again: %s, device %s", v.Link, v.State.Devices.Devices[0].Health)
		}
	})
}

func TestWill(t *testing.T) {
	s := New(Options{})
	s.Birth("a", wire.Birth{Boot: 3})
	s.Will("a", wire.Will{Boot: 2})
	if v, _ := s.Get("a"); v.Link != LinkOnline {
		t.Error("the last will of an older start took the hall down")
	}
	s.Will("a", wire.Will{Boot: 3})
	if v, _ := s.Get("a"); v.Link != LinkLost {
		t.Errorf("link %s after its last will", v.Link)
	}
}

// TestSubscribe: nothing between snapshot and stream is lost, and one who does not read is dropped without harm.
func TestSubscribe(t *testing.T) {
	s := New(Options{})
	s.Apply("a", queue(1, 1, 1))
	initial, events, cancel := s.Subscribe()
	defer cancel()
	_, slow, _ := s.Subscribe()
	if len(initial) != 1 || initial[0].State.Queue.Waiting != 1 {
		t.Fatalf("initial: %+v", initial)
	}
	for i := 2; i < buffer+5; i++ {
		s.Apply("a", queue(1, uint64(i), i))
		if ev := <-events; ev.Section != hall.SectionQueue || ev.View.State.Queue.Waiting != i {
			t.Fatalf("event %d: %+v", i, ev)
		}
	}
	n := 0
	for range slow {
		n++
	}
	if n != buffer {
		t.Errorf("the slow one got %d events", n)
	}
}

// TestExpect: a hall that was heard in an earlier life of the program is missed; one that was never heard is not.
func TestExpect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		heard := time.Now().Add(-time.Hour)
		s.Describe(hall.Hall{ID: "new"})
		for _, id := range []hall.HallID{"silent", "back"} {
			s.Expect(hall.Hall{ID: id, Kind: hall.Station}, heard)
		}
		if v, _ := s.Get("silent"); v.Link != LinkNever || !v.Heard.Equal(heard) || v.Desc.Kind != hall.Station {
			t.Errorf("at the start %+v", v)
		}
		time.Sleep(LostAfter - time.Second)
		s.Apply("back", queue(1, 1, 5))
		s.Expect(hall.Hall{ID: "back"}, heard) // it was heard since: nothing to expect
		s.Tick()
		if v, _ := s.Get("silent"); v.Link != LinkNever {
			t.Errorf("before its time: %s", v.Link)
		}
		time.Sleep(time.Second)
		s.Tick()
		for id, want := range map[hall.HallID]Link{"silent": LinkLost, "back": LinkOnline, "new": LinkNever} {
			if v, _ := s.Get(id); v.Link != want {
				t.Errorf("%s is %s, want %s", id, v.Link, want)
			}
		}
	})
}

// TestRetire: of a hall whose credential was taken away nothing is heard any more, until it has another.
func TestRetire(t *testing.T) {
	s := New(Options{})
	s.Birth("a", wire.Birth{Hall: hall.Hall{ID: "a", Name: hall.Text{ZH: "江口镇"}}, Boot: 1})
	s.Apply("a", queue(1, 1, 5))
	s.Retire("a")
	s.Apply("a", queue(1, 2, 6)) // was on its way
	s.Birth("a", wire.Birth{Boot: 1})
	s.Will("a", wire.Will{Boot: 1})
	s.Tick()
	v, _ := s.Get("a")
	if v.Link != LinkRetired || v.State.Queue.Waiting != 5 || v.Desc.Name.ZH != "江口镇" {
		t.Errorf("retired: %+v", v)
	}
	s.Enrol(hall.Hall{ID: "a"})
	if v, _ := s.Get("a"); v.Link != LinkNever || v.Desc.Name.ZH != "江口镇" {
		t.Errorf("enrolled again: %+v", v)
	}
	s.Apply("a", queue(2, 1, 7))
	s.Enrol(hall.Hall{ID: "a"})
	if v, _ := s.Get("a"); v.Link != LinkOnline || waiting(t, s) != 7 {
		t.Errorf("heard again: %+v", v)
	}
}

// TestReplaced: a new gateway counts its starts and its messages from one, as the old one did.
func TestReplaced(t *testing.T) {
	s := New(Options{})
	s.Birth("a", wire.Birth{Epoch: 7, Boot: 1})
	s.Apply("a", queue(1, 900, 5))
	s.Birth("a", wire.Birth{Epoch: 7, Boot: 1}) // connected again
	s.Apply("a", queue(1, 2, 4))
	if got := waiting(t, s); got != 5 {
		t.Errorf("%d waiting: an old message won", got)
	}
	s.Birth("a", wire.Birth{Epoch: 8, Boot: 1})
	s.Apply("a", queue(1, 1, 2))
	if got := waiting(t, s); got != 2 {
		t.Errorf("%d waiting: the new gateway is not heard", got)
	}
}
