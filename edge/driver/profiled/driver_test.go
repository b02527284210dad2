package profiled_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/driver/profiled"
	sim "hallpulse/edge/simulator/profiled"
	"hallpulse/hall"
)

const (
	callLine = "CALL,1,A012\r\n"
	ticket7  = "\xA5\x5A\x00\x0A\x31\x01\x00\x0C\x00\x03\x00\x07\xF4\x6A"
)

func TestConformance(t *testing.T) {
	for name, event := range map[string]string{"line-caller": callLine, "dispenser-frame": ticket7} {
		t.Run(name, func(t *testing.T) {
			drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
				l, port := wire(t)
				r, err := drivertest.Serial{Wire: l, Opener: port, Event: []byte(event), Driver: func(p driver.PortOpener) driver.Driver {
					return profiled.New(profiled.Options{Port: p, Profile: load(t, name), Window: "w1"})
				}}.Rig()
				must(t, err)
				return r
			}})
		})
	}
}

// network is a device on TCP that can be unplugged.
type network interface {
	sim.Wire
	Unplug(out bool) error
}

// overTCP is the rig of a driver on TCP.
func overTCP(t *testing.T, w network, connected func() bool, tcp profiled.TCP) *drivertest.Rig {
	t.Helper()
	must(t, w.Unplug(true))
	write := func(text string) error {
		for late := time.Now().Add(10 * time.Second); !connected() && time.Now().Before(late); { // the rig waits for the driver, not for the device
			<-time.After(time.Millisecond)
		}
		_, err := w.Write([]byte(text))
		return err
	}
	return &drivertest.Rig{
		Driver: profiled.New(profiled.Options{TCP: &tcp, Profile: load(t, "line-caller"), Window: "w1"}),
		Plug:   func(in bool) error { return w.Unplug(!in) },
		Event:  func() error { return write(callLine) },
		Half: func() (func() error, error) {
			return func() error { return write(callLine[5:]) }, write(callLine[:5])
		},
		Babble: func() (int, error) { return 800, write(strings.Repeat("noise \xFF\n", 100)) },
	}
}

func TestConformanceOfTCPClient(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		s, err := sim.NewServer(address(t))
		must(t, err)
		t.Cleanup(func() { _ = s.Close() })
		return overTCP(t, s, func() bool { return s.Connected() > 0 }, profiled.TCP{Address: s.Addr()})
	}})
}

func TestConformanceOfTCPServer(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		at := address(t)
		c := power(t, sim.NewCaller(at))
		return overTCP(t, c, c.Connected, profiled.TCP{Listen: at})
	}})
}

func TestKeypadInLines(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	start(t, profiled.New(profiled.Options{Port: port, Profile: load(t, "keypad-line"), Windows: map[int]hall.WindowID{3: "w3", 4: "w4"}}), s)
	k3, k4 := power(t, sim.NewKeypad(fast(l), 3)), power(t, sim.NewKeypad(fast(l), 4))
	s.Until(t, "heartbeats", func(h drivertest.Heard) bool { return h.Seen >= 3 })
	must(t, k3.Invite("A012"))
	seq, err := k3.Press(1)
	must(t, err)
	drained(t, k3)
	_, err = k4.Press(5)
	must(t, err)
	drained(t, k4)
	h := s.Until(t, "three facts", func(h drivertest.Heard) bool { return len(h.Facts) == 3 })
	if *h.Facts[0].Invite != (hall.Invite{Number: "A012", Window: "w3"}) || *h.Facts[1].Rating != (hall.Rating{Window: "w3", Level: 5, Seq: seq}) ||
		*h.Facts[2].Rating != (hall.Rating{Window: "w4", Level: 1, Seq: 1}) {
		t.Errorf("got %+v", h.Facts)
	}
	for _, f := range h.Facts {
		must(t, drivertest.Check(f))
	}
}

func TestKeypadThatSuffers(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	start(t, profiled.New(profiled.Options{Port: port, Profile: load(t, "keypad-line"), Window: "w3"}), s)
	k := power(t, sim.NewKeypad(fast(l), 3))
	faults := []sim.Faults{{Twice: true}, {Noise: true}, {Damaged: 2}, {Cut: 2}, {Split: true}, {Twice: true, Noise: true, Damaged: 1, Split: true}}
	for i, f := range faults {
		k.SetFaults(f)
		_, err := k.Press(1 + i%5)
		must(t, err)
		drained(t, k)
	}
	if h := s.Heard(); len(h.Facts) != len(faults) || len(h.Refusals) == 0 {
		t.Errorf("%d facts, %d refusals", len(h.Facts), len(h.Refusals))
	}
}

func TestNothingIsAnsweredBeforeItIsStored(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	release := s.Hold()
	start(t, profiled.New(profiled.Options{Port: port, Profile: load(t, "dispenser-frame"), Categories: categories}), s)
	p := power(t, sim.NewDispenser(fast(l)))
	_, err := p.Print(1, 12, 3)
	must(t, err)
	s.Until(t, "the ticket", func(h drivertest.Heard) bool { return h.Tried == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := p.Drained(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("answered while it is not stored: %v", err)
	}
	release()
	drained(t, p)
	h := s.Heard()
	if len(h.Facts) != 1 || h.Tried != 1 || *h.Facts[0].Ticket != (hall.TicketIssued{Number: "A012", Category: "general", Ahead: 3}) {
		t.Errorf("%d tries, %+v", h.Tried, h.Facts)
	}
}

func TestFactThatIsNotStoredIsNotAnswered(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	full := errors.New("disk full")
	s.Fail(full)
	d := profiled.New(profiled.Options{Port: port, Profile: load(t, "dispenser-frame")})
	done := make(chan error, 1)
	go func() { done <- d.Run(t.Context(), s) }()
	s.Until(t, "the line", func(h drivertest.Heard) bool { return h.Opened == 1 })
	p := power(t, sim.NewDispenser(fast(l)))
	for n := range 2 {
		_, err := p.Print(1, n, 0)
		must(t, err)
	}
	if err := <-done; !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "profiled: ") {
		t.Fatalf("got %v", err)
	}
	if p.Unanswered() != 2 || s.Heard().Tried != 1 {
		t.Fatalf("%d are not answered after %d tries", p.Unanswered(), s.Heard().Tried)
	}
	s.Fail(nil)
	start(t, d, s)
	drained(t, p)
	if h := s.Heard(); len(h.Facts) != 2 {
		t.Errorf("%d facts", len(h.Facts))
	}
}

// A ticket that was stored and not answered before the gateway went away is answered, not stored again. A dispenser that
// begins its counter anew is heard all the same.
func TestTicketStoredBeforeTheStart(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	p := power(t, sim.NewDispenser(fast(l)))
	start(t, profiled.New(profiled.Options{Port: port, Profile: load(t, "dispenser-frame"), Stored: [][]byte{
		[]byte("\xA5\x5A\x00\x0A\x31\x01\x00\x0C\x00\x03\x00\x01\x94\xAC")}}), s)
	_, err := p.Print(1, 12, 3)
	must(t, err)
	drained(t, p)
	_, err = p.Print(1, 13, 4)
	must(t, err)
	drained(t, p)
	p.Restart()
	_, err = p.Print(1, 14, 5)
	must(t, err)
	drained(t, p)
	h := s.Heard()
	if len(h.Facts) != 2 || h.Facts[0].Ticket.Number != "A013" || h.Facts[1].Ticket.Number != "A014" {
		t.Errorf("stored %+v", h.Facts)
	}
}

// A dispenser in lines: names of categories, prefixes, a repeater on the line.
func TestTicketsInLines(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	start(t, profiled.New(profiled.Options{Port: port, Profile: load(t, "dispenser-line"), Categories: categories}), s)
	p := power(t, sim.NewTextDispenser(fast(l)))
	p.SetFaults(sim.Faults{Twice: true})
	must(t, p.Print("A012", "社保医保", 3), p.Print("B001", "其他", -1), p.Print("C001", "General", 0), p.Print("C002", "", 1))
	want := []hall.TicketIssued{
		{Number: "A012", Category: "insurance", Text: "社保医保", Ahead: 3}, {Number: "B001", Category: "insurance", Text: "其他", Ahead: -1},
		{Number: "C001", Category: "general", Text: "General", Ahead: 0}, {Number: "C002", Ahead: 1},
	}
	h := s.Until(t, "four tickets", func(h drivertest.Heard) bool { return len(h.Facts) >= 4 && h.Seen >= 9 })
	var got []hall.TicketIssued
	for _, f := range h.Facts {
		got = append(got, *f.Ticket)
	}
	if !slices.Equal(got, want) || len(h.Refusals) > 0 {
		t.Errorf("got %+v, refused %+v", got, h.Refusals)
	}
}

func TestCallsOverTCP(t *testing.T) {
	server, err := sim.NewServer(address(t))
	must(t, err)
	t.Cleanup(func() { _ = server.Close() })
	board := profiled.NewShown(func(w hall.WindowID) string { return map[hall.WindowID]string{"w1": "A012"}[w] })
	s := &drivertest.Sink{}
	start(t, profiled.New(profiled.Options{TCP: &profiled.TCP{Address: server.Addr()}, Profile: load(t, "line-caller"), Board: board,
		Windows: map[int]hall.WindowID{1: "w1", 2: "w2"}}), s)
	q := power(t, sim.NewQueue(fast(server)))
	s.Until(t, "a sign of life", func(h drivertest.Heard) bool { return h.Seen > 0 })
	must(t, q.Call(1, "A012"), q.Call(1, "A013"), q.Call(1, "A013"), q.Call(2, "B001"), q.Call(9, "C001"), q.Say("请A014号到1号窗口"), q.Call(1, "A013"))
	h := s.Until(t, "four calls", func(h drivertest.Heard) bool { return len(h.Facts) >= 4 })
	var got []string
	for _, f := range h.Facts {
		got = append(got, string(f.Call.Window)+" "+f.Call.Number)
	}
	if want := []string{"w1 A013", "w2 B001", "w1 A014", "w1 A013"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(h.Refusals) != 1 || !strings.Contains(h.Refusals[0].Reason, "9") {
		t.Errorf("refused %+v", h.Refusals)
	}
}

// A device that calls anew takes the place of its old connection, and half a line of the old one is no part of the new one's.
func TestDeviceCallsAnew(t *testing.T) {
	at := address(t)
	s := &drivertest.Sink{}
	first := power(t, sim.NewCaller(at))
	start(t, profiled.New(profiled.Options{TCP: &profiled.TCP{Listen: at}, Profile: load(t, "line-caller"), Window: "w1"}), s)
	write := func(c *sim.Caller, text string) {
		t.Helper()
		for late := time.Now().Add(10 * time.Second); !c.Connected() && time.Now().Before(late); {
			<-time.After(time.Millisecond)
		}
		_, err := c.Write([]byte(text))
		must(t, err)
	}
	write(first, "CALL,1,A0")
	s.Until(t, "nothing yet", func(h drivertest.Heard) bool { return h.Opened == 1 })
	write(first, callLine[9:]) // the half is heard
	s.Until(t, "a call", func(h drivertest.Heard) bool { return len(h.Facts) == 1 })
	write(first, "CALL,1,A")
	second := power(t, sim.NewCaller(at))
	write(second, "013\r\n")
	must(t, first.Unplug(true))
	write(second, "CALL,1,B001\r\n")
	h := s.Until(t, "another call", func(h drivertest.Heard) bool { return len(h.Facts) == 2 })
	if got := h.Facts[1].Call.Number; got != "B001" || h.Opened != 1 {
		t.Errorf("called %s, opened %d times", got, h.Opened)
	}
}

// What a window's PC says to a keypad is no life of the keypad, and another gateway's keypad is none of ours.
func TestWhoLives(t *testing.T) {
	l, port := wire(t)
	s := &drivertest.Sink{}
	start(t, profiled.New(profiled.Options{Port: port, Profile: load(t, "keypad-line"), Windows: map[int]hall.WindowID{3: "w3"}}), s)
	dead, foreign := sim.NewKeypad(fast(l), 3), sim.NewKeypad(fast(l), 9)
	must(t, dead.Invite("A012"))
	_, err := foreign.Press(1)
	must(t, err)
	h := s.Until(t, "an invitation and a refusal", func(h drivertest.Heard) bool { return len(h.Facts) == 1 && len(h.Refusals) == 1 })
	if h.Seen > 0 || foreign.Unanswered() != 1 {
		t.Errorf("seen %d times, %d not answered", h.Seen, foreign.Unanswered())
	}
}

func TestExpect(t *testing.T) {
	for name, want := range map[string]time.Duration{"keypad-line": 30 * time.Second, "led-display": 90 * time.Second, "text-display": 0} {
		if e := profiled.New(profiled.Options{Profile: load(t, name)}).Expect(); e.Silence != want || e.MaxRetry != 0 {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e := profiled.New(profiled.Options{Profile: load(t, "line-caller"), TCP: &profiled.TCP{Listen: "x"}}).Expect(); e.MaxRetry != time.Second {
		t.Errorf("%+v", e)
	}
}
