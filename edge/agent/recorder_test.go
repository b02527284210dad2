package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/clock"
	"hallpulse/edge/journal"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

var day = time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 8*3600))

// steady is a clock that stands where it is put.
type steady struct {
	mu sync.Mutex
	at hall.Stamp
}

func (s *steady) Now() hall.Stamp {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at.Mono += time.Microsecond
	return s.at
}

func at(t time.Time) *steady { return &steady{at: hall.Stamp{Wall: t.UTC(), Boot: 1}} }

// disk is a journal whose appends end when they are let.
type disk struct {
	mu   sync.Mutex
	seq  uint64
	hold map[uint64]chan struct{}
	err  error
	got  map[hall.Lane]int // records
}

func (d *disk) Append(lane hall.Lane, _ []byte, n int) (uint64, error) {
	d.mu.Lock()
	if d.err != nil {
		defer d.mu.Unlock()
		return 0, d.err
	}
	if d.got == nil {
		d.got = map[hall.Lane]int{}
	}
	d.got[lane] += n
	if lane == hall.Facts {
		d.seq++
	}
	seq := d.seq
	wait := d.hold[seq]
	d.mu.Unlock()
	if wait != nil {
		<-wait
	}
	return seq, nil
}

func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

type noCount struct{}

func (noCount) fact(hall.FactKind, error) {}

var testHall = hall.Hall{ID: "jiangkou", TimeZone: "Asia/Shanghai", Categories: []hall.Category{{ID: "social", Prefix: "A"}}}

// newTest gives a recorder with an empty book, and the sections it told.
func newTest(t *testing.T, j lanes, c stamper) (*recorder, func() []hall.Section) {
	t.Helper()
	var mu sync.Mutex
	var told []hall.Section
	r := newRecorder(recorderOptions{journal: j, clock: c, times: clock.NewCorrector(time.Time{}), count: noCount{}, boot: 1, changed: func(s ...hall.Section) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, s...)
	}})
	if err := r.restart(hall.NewBook(testHall, 7), func(func(hall.Fact)) (uint64, error) { return 1, nil }); err != nil {
		t.Fatal(err)
	}
	return r, func() []hall.Section {
		mu.Lock()
		defer mu.Unlock()
		out := told
		told = nil
		return out
	}
}

func ticket(n int) hall.Fact {
	return hall.Fact{Kind: hall.KindTicket, Device: "dispenser", Ticket: &hall.TicketIssued{Number: fmt.Sprintf("A%03d", n), Ahead: -1}}
}

func call(n int) hall.Fact {
	return hall.Fact{Kind: hall.KindCall, Device: "display", Call: &hall.Call{Number: fmt.Sprintf("A%03d", n), Window: "w1"}}
}

// A call whose sync ends before that of its ticket is folded behind it all the same.
func TestFoldInTheJournalsOrder(t *testing.T) {
	d := &disk{hold: map[uint64]chan struct{}{1: make(chan struct{})}}
	r, told := newTest(t, d, at(day))
	told()
	first := make(chan error)
	go func() { first <- r.Fact(t.Context(), ticket(1)) }()
	for { // until the ticket has its sequence
		d.mu.Lock()
		n := d.seq
		d.mu.Unlock()
		if n == 1 {
			break
		}
		runtime.Gosched()
	}
	if err := r.Fact(t.Context(), call(1)); err != nil {
		t.Fatal(err)
	}
	if s := r.state(day); s.Queue.Issued != 0 || s.Queue.Estimated {
		t.Fatalf("folded too early: %+v", s.Queue)
	}
	close(d.hold[1])
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if s := r.state(day); s.Queue.Issued != 1 || s.Queue.Waiting != 0 || s.Queue.WaitCount != 1 || s.Queue.Estimated {
		t.Errorf("%+v", s.Queue)
	}
	if got := told(); !slices.Contains(got, hall.SectionQueue) {
		t.Errorf("told %v", got)
	}
	if r.lastShown("w1") != "A001" {
		t.Errorf("shown %q", r.lastShown("w1"))
	}
}

// Sequences that the journal skipped (the county had them, the disk lost them) do not stop the state.
func TestFoldGoesOnBehindAHole(t *testing.T) {
	d := &disk{}
	r, _ := newTest(t, d, at(day))
	for n := range 3 {
		if n == 1 {
			d.seq += 40
		}
		if err := r.Fact(t.Context(), ticket(n)); err != nil {
			t.Fatal(err)
		}
	}
	if s := r.state(day); s.Queue.Issued != 3 || len(r.pending) != 0 {
		t.Errorf("%+v, %d wait", s.Queue, len(r.pending))
	}
}

// Whatever happens at once, also a rebuild, the state is that of the journal's facts in their order.
func TestFoldOfManyWithRebuilds(t *testing.T) {
	j, err := journal.Open(t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	r, _ := newTest(t, j, at(day))
	each := func(do func(hall.Fact)) (uint64, error) { return readFacts(j, do) }
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 25 {
				for _, f := range []hall.Fact{ticket(g*100 + n), call(g*100 + n)} {
					if err := r.Fact(t.Context(), f); err != nil {
						t.Error(err)
					}
				}
				if n%10 == 5 {
					if err := r.restart(hall.NewBook(testHall, 7), each); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	want := hall.NewBook(testHall, 7)
	if _, err := each(func(f hall.Fact) { want.Apply(f) }); err != nil {
		t.Fatal(err)
	}
	if got, want := r.state(day), want.State(day); !reflect.DeepEqual(got.Queue, want.Queue) || got.Queue.Issued != 200 {
		t.Errorf("got  %+v\nwant %+v", got.Queue, want.Queue)
	}
}

func readFacts(j *journal.Journal, do func(hall.Fact)) (next uint64, err error) {
	r := j.Reader(hall.Facts, 1)
	defer func() { err = errors.Join(err, r.Close()) }()
	for next = 1; ; {
		frame, err := r.Next()
		if errors.Is(err, io.EOF) {
			return next, nil
		}
		if err != nil {
			return 0, err
		}
		f, err := wire.DecodeFact(frame.Payload)
		if err != nil {
			return 0, err
		}
		f.Seq, next = frame.First, frame.Last()+1
		do(f)
	}
}

// Facts that were stamped before a step of the clock but come after the rebuild are corrected too.
func TestStepBetweenStampAndFold(t *testing.T) {
	d := &disk{}
	c := at(day.Add(-50 * 365 * 24 * time.Hour)) // a gateway without a battery
	c.at.Mark = hall.Unsure
	r, _ := newTest(t, d, c)
	old := c.Now()
	step := hall.Fact{Kind: hall.KindClock, At: hall.Stamp{Wall: day.UTC(), Boot: 1, Mono: time.Second}, Clock: &hall.ClockStep{Delta: day.Sub(old.Wall), Source: "hub"}}
	if err := r.record(step); err != nil {
		t.Fatal(err)
	}
	f := ticket(1)
	f.At = old
	if err := r.record(f); err != nil {
		t.Fatal(err)
	}
	if s := r.state(day); s.Queue.Day != "2026-03-02" || !s.Queue.Oldest.Equal(day) {
		t.Errorf("%+v", s.Queue)
	}
}

func TestReadingsWaitForTheJournal(t *testing.T) {
	d := &disk{}
	r, told := newTest(t, d, at(day))
	d.fail(journal.ErrFull)
	if err := r.Fact(t.Context(), ticket(1)); !errors.Is(err, journal.ErrFull) {
		t.Fatalf("a fact that was not stored gave %v", err)
	}
	if got := told(); !slices.Contains(got, hall.SectionGateway) {
		t.Errorf("told %v", got)
	}
	for n := range maxBuffered + 10 {
		r.Reading(hall.Series{Metric: hall.MetricLuminance, Device: "camera"}, float64(n))
		if n%7000 == 0 {
			if err := r.flush(); !errors.Is(err, journal.ErrFull) {
				t.Fatal(err)
			}
		}
	}
	if full, lost, waiting := r.trouble(); !full || lost != 10 || waiting != maxBuffered {
		t.Errorf("full %v, %d lost, %d wait", full, lost, waiting)
	}
	if r.readings[0].Value != 10 {
		t.Errorf("the oldest kept is %v", r.readings[0].Value)
	}
	d.fail(nil)
	if err := r.flush(); err != nil {
		t.Fatal(err)
	}
	if full, _, waiting := r.trouble(); full || waiting != 0 || d.got[hall.Readings] != maxBuffered {
		t.Errorf("full %v, %d wait, %d stored", full, waiting, d.got[hall.Readings])
	}
	if s := r.state(day); s.Queue.Issued != 0 {
		t.Error("a fact that was not stored is shown")
	}
}

// A reading that cannot be encoded must not keep the others waiting for ever.
func TestReadingThatCannotBeStored(t *testing.T) {
	d := &disk{}
	r, _ := newTest(t, d, at(day))
	r.Reading(hall.Series{Metric: hall.MetricPeople, Part: string(make([]byte, wire.MaxID+1))}, 1)
	if err := r.flush(); err == nil {
		t.Fatal("no error")
	}
	r.Reading(hall.Series{Metric: hall.MetricPeople}, 1)
	if err := r.flush(); err != nil || d.got[hall.Readings] != 1 {
		t.Errorf("%v, %d stored", err, d.got[hall.Readings])
	}
}

func TestFactAfterTheEnd(t *testing.T) {
	d := &disk{}
	r, _ := newTest(t, d, at(day))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Fact(ctx, ticket(1)); !errors.Is(err, context.Canceled) || d.seq != 0 {
		t.Errorf("%v, %d stored", err, d.seq)
	}
}

func TestDevicesOfTheRunBeforeAreUnknown(t *testing.T) {
	d := &disk{}
	r, _ := newTest(t, d, at(day))
	desc := testHall
	desc.Devices = []hall.Device{{ID: "keypad"}, {ID: "camera"}}
	change := func(id hall.DeviceID, boot uint32) hall.Fact {
		return hall.Fact{Kind: hall.KindDevice, Device: id, At: hall.Stamp{Wall: day.UTC(), Boot: boot}, Change: &hall.DeviceChange{To: hall.HealthOK}}
	}
	r.boot = 2
	err := r.restart(hall.NewBook(desc, 7), func(do func(hall.Fact)) (uint64, error) {
		do(change("keypad", 1))
		do(change("camera", 1))
		do(change("camera", 2))
		return 4, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.state(day).Devices.Devices; s[0].Health != hall.HealthUnknown || s[1].Health != hall.HealthOK {
		t.Errorf("%+v", s)
	}
}
