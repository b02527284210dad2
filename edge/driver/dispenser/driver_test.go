package dispenser_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hallpulse/edge/bus"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/dispenser"
	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/line"
	"hallpulse/edge/simulator/printer"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wire(t *testing.T) (*line.Line, driver.PortOpener) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "printer"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, bus.NewSerial(bus.SerialOptions{Port: l.Path()})
}

var categories = []hall.Category{
	{ID: "general", Name: hall.Text{ZH: "综合业务", EN: "General"}, Prefix: "A"},
	{ID: "insurance", Name: hall.Text{ZH: "社保医保", EN: "Social insurance"}, Prefix: "B"},
	{ID: "special", Name: hall.Text{ZH: "综合业务专窗", EN: "Special"}, Prefix: "AZ"},
}

func newDriver(p driver.PortOpener) *dispenser.Driver {
	return dispenser.New(dispenser.Options{Port: p, Categories: categories, Layout: escpos.DefaultLayout()})
}

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		l, port := wire(t)
		event := "\x1B\x40\x1C\x26\x1B\x61\x01\x1D\x21\x33A012\x0A\x1D\x21\x00\xD7\xDB\xBA\xCF\xD2\xB5\xCE\xF1\x0A\x1B\x64\x03\x1D\x56\x42\x00"
		r, err := drivertest.Serial{Wire: l, Opener: port, Event: []byte(event),
			Driver: func(p driver.PortOpener) driver.Driver { return newDriver(p) }}.Rig()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}})
}

// rig is a driver that runs and its printer.
type rig struct {
	t       *testing.T
	line    *line.Line
	printer *printer.Printer
	sink    *drivertest.Sink
	done    chan error
}

func start(t *testing.T) *rig {
	t.Helper()
	l, port := wire(t)
	r := &rig{t: t, line: l, printer: printer.New(printer.Options{Line: l, Hall: "青石镇便民服务中心"}), sink: &drivertest.Sink{}, done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { r.done <- newDriver(port).Run(ctx, r.sink); close(r.done) }()
	t.Cleanup(func() { cancel(); <-r.done })
	r.sink.Until(t, "the line", func(h drivertest.Heard) bool { return h.Opened == 1 })
	return r
}

func (r *rig) print(number, category string, ahead int) {
	r.t.Helper()
	if err := r.printer.Print(number, category, ahead); err != nil {
		r.t.Fatal(err)
	}
}

// ticket waits for the n-th ticket.
func (r *rig) ticket(n int) hall.TicketIssued {
	r.t.Helper()
	h := r.sink.Until(r.t, "a ticket", func(h drivertest.Heard) bool { return len(h.Facts) >= n })
	return *h.Facts[n-1].Ticket
}

func TestTickets(t *testing.T) {
	r := start(t)
	for i, c := range []struct {
		number, category string
		ahead            int
		id               hall.CategoryID
	}{
		{"A012", "综合业务", 3, "general"},
		{"B001", "社保医保", 0, "insurance"},
		{"B002", "综合业务", 12, "general"},              // what is printed outweighs the prefix
		{"A013", "综合业务（一楼）", 1, "general"},           // more than the name
		{"A014", "综合业务专窗", 1, "special"},             // the longest name
		{"A015", "SOCIAL INSURANCE", 1, "insurance"}, // in English
		{"AZ001", "其他事项", -1, "special"},             // by the prefix
		{"C001", "其他事项", 2, ""},
	} {
		r.print(c.number, c.category, c.ahead)
		want := hall.TicketIssued{Number: c.number, Category: c.id, Text: c.category, Ahead: c.ahead}
		if got := r.ticket(i + 1); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	h := r.sink.Heard()
	if len(h.Refusals) > 0 || h.Seen != len(h.Facts) {
		t.Errorf("seen %d, refused %+v", h.Seen, h.Refusals)
	}
	for _, f := range h.Facts {
		if err := drivertest.Check(f); err != nil {
			t.Error(err)
		}
	}
}

func TestPageThatIsNoTicket(t *testing.T) {
	r := start(t)
	if err := r.printer.Note("自检 OK"); err != nil {
		t.Fatal(err)
	}
	r.sink.Until(t, "a page", func(h drivertest.Heard) bool { return h.Seen == 1 })
	r.print("A001", "综合业务", 0)
	r.ticket(1)
	if h := r.sink.Heard(); len(h.Facts) != 1 || len(h.Refusals) != 0 {
		t.Errorf("got %+v", h)
	}
}

func TestDamagedTicketIsRefused(t *testing.T) {
	r := start(t)
	if _, err := r.line.Write([]byte("\x1B\x40\xFF\xFF\x30\xFE\n\x1D\x56\x42\x00")); err != nil {
		t.Fatal(err)
	}
	r.print("A001", "综合业务", 0)
	r.ticket(1)
	if h := r.sink.Heard(); len(h.Facts) != 1 || len(h.Refusals) == 0 {
		t.Errorf("got %+v", h)
	}
}

// Its number is among the dots, or it is a page with a logo: a person must look.
func TestTicketThatIsAPictureIsRefused(t *testing.T) {
	r := start(t)
	for _, head := range []string{"", "\xCA\xD4\n"} {
		if _, err := r.line.Write([]byte("\x1B\x40" + head + "\x1Dv0\x00\x01\x00\x02\x00xx\x1D\x56\x42\x00")); err != nil {
			t.Fatal(err)
		}
	}
	r.print("A001", "综合业务", 0)
	r.ticket(1)
	h := r.sink.Heard()
	if len(h.Facts) != 1 || len(h.Refusals) != 2 {
		t.Fatalf("got %+v", h)
	}
	for _, f := range h.Refusals {
		if !strings.Contains(f.Reason, "as text") {
			t.Errorf("got %q", f.Reason)
		}
	}
}

func TestPaperEnds(t *testing.T) {
	r := start(t)
	r.printer.NoPaper(true)
	if err := r.printer.Print("A001", "综合业务", 0); !errors.Is(err, printer.ErrPaper) {
		t.Fatal(err)
	}
	r.printer.NoPaper(false)
	r.print("A001", "综合业务", 0)
	if got := r.ticket(1); got.Number != "A001" || len(r.sink.Heard().Facts) != 1 {
		t.Errorf("got %+v", r.sink.Heard().Facts)
	}
}

// A printer without a cutter: the ticket ends when no more is printed.
func TestSilenceEndsATicket(t *testing.T) {
	r := start(t)
	if _, err := r.line.Write([]byte("\x1B\x40\x1D\x21\x33B007\x0A\x1D\x21\x00\x1B\x64\x05")); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if got := r.ticket(1); got.Number != "B007" || got.Category != "insurance" || got.Ahead != -1 {
		t.Errorf("got %+v", got)
	}
	if d := time.Since(begin); d < time.Second {
		t.Errorf("ended after %v", d)
	}
}

func TestTicketThatIsNotStored(t *testing.T) {
	r := start(t)
	full := errors.New("disk full")
	r.sink.Fail(full)
	r.print("A001", "综合业务", 0)
	r.print("A002", "综合业务", 1)
	if err := <-r.done; !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "dispenser: ") {
		t.Errorf("got %v", err)
	}
	if h := r.sink.Heard(); h.Tried != 1 {
		t.Errorf("%d tries", h.Tried)
	}
}
