package wire

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"hallpulse/hall"
)

var update = flag.Bool("update", false, "write the golden files of the present version again")

// golden is one message as a version of the protocol wrote it. Files of v1 are never written again once halls run it:
// whoever changes the protocol adds files beside them.
type golden struct {
	file   string
	encode func() ([]byte, error)
	check  func(t *testing.T, data []byte)
}

// decodes makes a check that data decodes to want.
func decodes[T any](want T, dec func([]byte) (T, error)) func(*testing.T, []byte) {
	return func(t *testing.T, data []byte) {
		t.Helper()
		got, err := dec(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func goldens() []golden {
	birth, will := sampleBirth(), Will{Boot: 9, Online: true, Sent: day}
	ack := Ack{Lane: hall.Facts, Epoch: 1<<63 + 5, Seq: 50, Time: day, Resend: true, Hello: true, Pause: 2000000000}
	facts := FactBatch{Epoch: 1<<63 + 5, First: 41, Oldest: 3, Facts: sampleFacts()}
	readings := ReadingBatch{Epoch: 1<<63 + 5, First: 100, Oldest: 50, Readings: sampleReadings()}
	out := []golden{
		{"birth", func() ([]byte, error) { return EncodeBirth(birth) }, decodes(birth, DecodeBirth)},
		{"will", func() ([]byte, error) { return EncodeWill(will) }, decodes(will, DecodeWill)},
		{"ack", func() ([]byte, error) { return EncodeAck(ack) }, decodes(ack, DecodeAck)},
		{"fact-batch", func() ([]byte, error) { return EncodeFactBatch(facts) }, decodes(facts, func(data []byte) (FactBatch, error) {
			b, _, err := DecodeFactBatch(data)
			return b, err
		})},
		{"reading-batch", func() ([]byte, error) { return EncodeReadingBatch(readings) }, checkReadingBatch(readings)},
		{"readings-frame", func() ([]byte, error) { return AppendReadings(nil, readings.Readings) }, checkFrame(readings.Readings)},
	}
	for _, f := range facts.Facts {
		f.Seq = 0
		out = append(out, golden{"fact-" + f.Kind.String(), func() ([]byte, error) { return EncodeFact(f) }, decodes(f, DecodeFact)})
	}
	out = append(out, later()...)
	state := sampleState()
	for _, section := range hall.Sections() {
		s, _ := SectionOf(&state, section)
		s.Version, s.Boot, s.Sent = 12, 9, day
		out = append(out, golden{"snapshot-" + string(section), func() ([]byte, error) { return EncodeSnapshot(s) }, decodes(s, DecodeSnapshot)})
	}
	return out
}

// later is what was added to version 1 since: older programs read it without the new fields.
func later() []golden {
	birth := sampleBirth()
	birth.Hall.Hours = hall.DefaultHours()
	birth.Hall.Devices[0].Tells = hall.TellsCount
	recount := hall.Fact{Kind: hall.KindRecount, At: hall.Stamp{Wall: day, Boot: 9, Mono: time.Hour},
		Recount: &hall.Recount{Zone: "waiting", From: 4, To: 0, Reason: "closing"}}
	zones := Snapshot{Section: hall.SectionZones, Version: 13, Boot: 9, AsOf: day, Sent: day, Zones: &hall.ZonesState{Total: 7, Zones: []hall.ZoneState{
		{ID: "waiting", People: 7, Counted: true, Last: day}, {ID: "office", Unknown: true}, {ID: "door", In: 9, Out: 5, Drift: 4}}}}
	return []golden{
		{"birth-hours", func() ([]byte, error) { return EncodeBirth(birth) }, decodes(birth, DecodeBirth)},
		{"fact-recount", func() ([]byte, error) { return EncodeFact(recount) }, decodes(recount, DecodeFact)},
		{"snapshot-zones-counted", func() ([]byte, error) { return EncodeSnapshot(zones) }, decodes(zones, DecodeSnapshot)},
	}
}

func checkReadingBatch(want ReadingBatch) func(*testing.T, []byte) {
	return func(t *testing.T, data []byte) {
		t.Helper()
		got, err := DecodeReadingBatch(data)
		if err != nil {
			t.Fatal(err)
		}
		rows := asSent(want.Readings)
		sameReadings(t, got.Readings, rows)
	}
}

// asSent drops what a batch does not carry.
func asSent(in []hall.Reading) []hall.Reading {
	out := append([]hall.Reading(nil), in...)
	for i := range out {
		out[i].Boot, out[i].Mono = 0, 0
	}
	return out
}

func checkFrame(want []hall.Reading) func(*testing.T, []byte) {
	return func(t *testing.T, data []byte) {
		t.Helper()
		got, err := DecodeReadings(data)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i].Seq = want[i].Seq
		}
		sameReadings(t, got, want)
	}
}

// Messages of version 1 still decode to what they meant, and are still encoded byte for byte the same.
func TestGoldenV1(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.file, func(t *testing.T) {
			path := filepath.Join("testdata", "v1", g.file+".bin")
			now, err := g.encode()
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, now, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			g.check(t, data)
			// How well zstd packs may change with its version, so only unpacked messages are compared.
			if packed := g.file == "fact-batch" || g.file == "reading-batch"; !packed && !bytes.Equal(now, data) {
				t.Errorf("encoded now:\n% x\nin %s:\n% x", now, path, data)
			}
		})
	}
}
