package wire

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

var day = time.Date(2026, 11, 24, 1, 30, 0, 123456000, time.UTC)

// sampleFacts has one fact of every kind.
func sampleFacts() []hall.Fact {
	bodies := []hall.Fact{
		{Kind: hall.KindTicket, Raw: []byte("\x1b@A012\n"), Ticket: &hall.TicketIssued{Number: "A012", Category: "social", Text: "社保医保", Ahead: 3}},
		{Kind: hall.KindCall, Call: &hall.Call{Number: "A012", Window: "w1"}},
		{Kind: hall.KindInvite, Invite: &hall.Invite{Number: "A012", Window: "w1"}},
		{Kind: hall.KindRating, Rating: &hall.Rating{Window: "w1", Level: 5, Seq: 77}},
		{Kind: hall.KindPunch, Punch: &hall.Punch{
			Serial: "CEXA212260001", PIN: "1007", DeviceTime: "2026-11-24 09:29:58", At: day.Add(-2 * time.Second),
			Skew: -1500 * time.Millisecond, Status: 0, Verify: 15, Workcode: "0",
		}},
		{Kind: hall.KindPassage, Passage: &hall.Passage{Zone: "waiting", Direction: hall.Out}},
		{Kind: hall.KindDevice, Change: &hall.DeviceChange{From: hall.HealthOK, To: hall.HealthDown, Reason: hall.Reason{Code: "silent", Detail: "30 s"}}},
		{Kind: hall.KindGap, Gap: &hall.Gap{From: day.Add(-time.Hour), To: day, Reason: "restart"}},
		{Kind: hall.KindClock, Clock: &hall.ClockStep{Delta: 56 * 365 * 24 * time.Hour, Source: "hub"}},
		{Kind: hall.KindRefusal, Refusal: &hall.Refusal{Where: "keypad-1", Reason: "checksum", Count: 4}},
	}
	for i := range bodies {
		bodies[i].Seq = 41 + uint64(i)
		bodies[i].At = hall.Stamp{Wall: day.Add(time.Duration(i) * time.Second), Boot: 9, Mono: time.Duration(i) * time.Second, Mark: hall.Corrected}
		if bodies[i].Kind != hall.KindGap && bodies[i].Kind != hall.KindClock {
			bodies[i].Device = "dev-1"
		}
	}
	return bodies
}

func sampleHall() hall.Hall {
	return hall.Hall{
		ID: "chengguan", Name: hall.Text{ZH: "城关镇便民服务中心", EN: "Chengguan"}, Kind: hall.Center,
		Township: hall.Text{ZH: "城关镇"}, TimeZone: "Asia/Shanghai",
		Zones:      []hall.Zone{{ID: "waiting", Name: hall.Text{ZH: "等候区"}, Role: hall.Waiting}},
		Windows:    []hall.Window{{ID: "w1", Name: hall.Text{ZH: "1号窗口"}, Categories: []hall.CategoryID{"social"}}},
		Categories: []hall.Category{{ID: "social", Name: hall.Text{ZH: "社保医保"}, Prefix: "A"}},
		Devices:    []hall.Device{{ID: "dev-1", Name: hall.Text{ZH: "叫号屏"}, Family: hall.Display, Window: "w1", Zone: "waiting"}},
	}
}

func sampleState() hall.State {
	return hall.State{
		Hall: "chengguan", AsOf: day,
		Queue: hall.QueueState{
			Day: "2026-11-24", Waiting: 2, Oldest: day.Add(-9 * time.Minute), Issued: 12, Served: 9, NoShows: 1,
			WaitSum: 40 * time.Minute, WaitCount: 10, WaitMax: 11 * time.Minute, Estimated: true,
			Categories: []hall.CategoryQueue{{ID: "social", Waiting: 2, Oldest: day, Issued: 12, Served: 9}},
			Windows:    []hall.WindowState{{ID: "w1", Open: true, Serving: "A012", Category: "social", Since: day, LastCall: day, Served: 9}},
			Gaps:       []hall.Gap{{From: day.Add(-time.Hour), To: day, Reason: "restart"}},
		},
		Zones:   hall.ZonesState{Total: 4, Zones: []hall.ZoneState{{ID: "waiting", People: 4, In: 20, Out: 16, Ambiguous: 1, Last: day, Estimated: true}}},
		Devices: hall.DevicesState{Devices: []hall.DeviceState{{ID: "dev-1", Health: hall.HealthDown, Since: day, Reason: hall.Reason{Code: "silent"}, LastSeen: day, Refused: 3}}},
		Staff:   hall.StaffState{Punches: 6, Present: []hall.Presence{{Staff: "1007", Since: day, Device: "dev-2"}}},
		Ratings: hall.RatingsState{Counts: [5]int{1, 0, 2, 3, 40}, Last: day, Level: 5, Window: "w1"},
		Measures: hall.MeasuresState{Measures: []hall.Measure{{Metric: hall.MetricCO2, Device: "air-1", Value: 812.5, At: day},
			{Metric: hall.MetricCounted, Device: "camera-1", Part: "waiting", Value: 7, At: day}}},
		Gateway: hall.GatewayState{Boot: 9, Started: day, Version: "1.0.0", ClockMark: hall.Unsure, FactsPending: 4, ReadingsPending: 900, ReadingsDropped: 1, DiskFull: true},
	}
}

func sampleBirth() Birth {
	return Birth{
		Hall: sampleHall(), Epoch: 1<<63 + 5, Boot: 9, Version: "1.0.0", Sent: day,
		Bounds: []Bound{{hall.Facts, 41, 50}, {hall.Readings, 1, 9000}},
	}
}

// sampleReadings covers decimals, whole numbers, bits, NaN and infinities.
func sampleReadings() []hall.Reading {
	values := map[hall.Series][]float64{
		{Metric: hall.MetricWaiting}:                       {0, 1, 2, 2, 1},
		{Metric: hall.MetricReadSeconds, Device: "dev-1"}:  {0.001234, 0.00119, 0.25, 1, 0.000001},
		{Metric: hall.MetricLuminance, Device: "camera-1"}: {1.0 / 3, math.Pi, math.NaN(), math.Inf(1), math.Inf(-1)},
		{Metric: hall.MetricPeople, Part: "waiting"}:       {math.Copysign(0, -1), -5, 1 << 60, -0.5, 1e300},
	}
	var out []hall.Reading
	for _, s := range []hall.Series{
		{Metric: hall.MetricWaiting}, {Metric: hall.MetricReadSeconds, Device: "dev-1"},
		{Metric: hall.MetricLuminance, Device: "camera-1"}, {Metric: hall.MetricPeople, Part: "waiting"},
	} {
		for i, v := range values[s] {
			at := day.Truncate(time.Millisecond).Add(time.Duration(i)*10*time.Second + time.Duration(i*i)*time.Millisecond)
			out = append(out, hall.Reading{Seq: 100 + uint64(len(out)), Series: s, At: at, Boot: 9, Mono: at.Sub(day) + time.Hour, Value: v})
		}
	}
	return out
}

// sameReadings compares by bits, so that NaN equals itself.
func sameReadings(t *testing.T, got, want []hall.Reading) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d readings, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if math.Float64bits(g.Value) != math.Float64bits(w.Value) {
			t.Errorf("reading %d: value %v, want %v", i, g.Value, w.Value)
		}
		g.Value, w.Value = 0, 0
		if g != w {
			t.Errorf("reading %d: %+v, want %+v", i, g, w)
		}
	}
}

// roundTrip encodes, decodes and compares.
func roundTrip[T any](t *testing.T, v T, enc func(T) ([]byte, error), dec func([]byte) (T, error)) {
	t.Helper()
	data, err := enc(v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := dec(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, v) {
		t.Errorf("got  %+v\nwant %+v", got, v)
	}
}

func TestRoundTripSession(t *testing.T) {
	roundTrip(t, sampleBirth(), EncodeBirth, DecodeBirth)
	roundTrip(t, Will{Boot: 9, Online: true, Sent: day}, EncodeWill, DecodeWill)
	roundTrip(t, Will{}, EncodeWill, DecodeWill)
	roundTrip(t, Ack{hall.Readings, 7, 9000, day, true, true, 3 * time.Second}, EncodeAck, DecodeAck)
	roundTrip(t, Ack{Lane: hall.Facts, Epoch: 1<<64 - 1}, EncodeAck, DecodeAck)
}

func TestRoundTripSnapshots(t *testing.T) {
	state := sampleState()
	for _, section := range hall.Sections() {
		s, ok := SectionOf(&state, section)
		if !ok {
			t.Fatalf("no snapshot of %s", section)
		}
		s.Version, s.Boot, s.Sent = 12, 9, day
		roundTrip(t, s, EncodeSnapshot, DecodeSnapshot)
	}
	empty := hall.State{AsOf: day}
	for _, section := range hall.Sections() {
		s, _ := SectionOf(&empty, section)
		roundTrip(t, s, EncodeSnapshot, DecodeSnapshot)
	}
	roundTrip(t, Snapshot{Section: "weather", AsOf: day}, EncodeSnapshot, DecodeSnapshot)
	if _, ok := SectionOf(&state, "weather"); ok {
		t.Error("a snapshot of an unknown section")
	}
}

func TestSnapshotNeedsItsBody(t *testing.T) {
	state := sampleState()
	s, _ := SectionOf(&state, hall.SectionQueue)
	s.Zones = &state.Zones
	for _, bad := range []Snapshot{{}, {Section: hall.SectionQueue}, s} {
		if _, err := EncodeSnapshot(bad); err == nil {
			t.Errorf("encoded %+v", bad)
		}
	}
}

func TestRoundTripFacts(t *testing.T) {
	for _, f := range sampleFacts() {
		f.Seq = 0
		roundTrip(t, f, EncodeFact, DecodeFact)
	}
}

func TestRoundTripFactBatch(t *testing.T) {
	want := FactBatch{Epoch: 1<<63 + 5, First: 41, Oldest: 3, Facts: sampleFacts()}
	data, err := EncodeFactBatch(want)
	if err != nil {
		t.Fatal(err)
	}
	got, poison, err := DecodeFactBatch(data)
	if err != nil || len(poison) != 0 {
		t.Fatal(poison, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRoundTripReadings(t *testing.T) {
	want := sampleReadings()
	frame, err := AppendReadings([]byte("before"), want)
	if err != nil {
		t.Fatal(err)
	}
	frame, ok := bytes.CutPrefix(frame, []byte("before"))
	if !ok {
		t.Fatal("dst was not kept")
	}
	got, err := DecodeReadings(frame)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i].Seq = want[i].Seq
	}
	sameReadings(t, got, want)
	if again, err := DecodeReadingsInto(got[:1], frame); err != nil || len(again) != 1+len(want) {
		t.Errorf("appending gave %d readings, %v", len(again), err)
	}
}

func TestRoundTripReadingBatch(t *testing.T) {
	want := sampleReadings()
	data, err := EncodeReadingBatch(ReadingBatch{Epoch: 8, First: 100, Oldest: 50, Readings: want})
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeReadingBatch(data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Epoch != 8 || got.First != 100 || got.Oldest != 50 {
		t.Errorf("position %+v", got)
	}
	for i := range want {
		want[i].Boot, want[i].Mono = 0, 0
	}
	sameReadings(t, got.Readings, want)
}

func TestEmptyBatches(t *testing.T) {
	roundTrip(t, ReadingBatch{First: 1}, EncodeReadingBatch, DecodeReadingBatch)
	data, err := EncodeFactBatch(FactBatch{First: 1})
	if err != nil {
		t.Fatal(err)
	}
	if b, poison, err := DecodeFactBatch(data); err != nil || len(b.Facts)+len(poison) != 0 {
		t.Error(b, poison, err)
	}
	frame, err := AppendReadings(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeReadings(frame); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

func TestTextsAreCut(t *testing.T) {
	f := sampleFacts()[0]
	f.Raw = bytes.Repeat([]byte{'x'}, 5000)
	long := strings.Repeat("厅", 200) + "\xff"
	f.Ticket = &hall.TicketIssued{Number: "A1", Text: long}
	data, err := EncodeFact(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeFact(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Raw) != MaxRaw || got.Ticket.Text != strings.Repeat("厅", MaxText/3) {
		t.Errorf("raw %d bytes, text %d bytes", len(got.Raw), len(got.Ticket.Text))
	}
	if f.Ticket.Text != long || len(f.Raw) != 5000 {
		t.Error("the caller's fact was changed")
	}
	if got := cut("a\xffb", MaxText); got != "a\uFFFDb" {
		t.Errorf("cut gave %q", got)
	}
}
