package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

func TestBadFactsAreRefused(t *testing.T) {
	at := hall.Stamp{Wall: day}
	call := &hall.Call{Number: "A1", Window: "w1"}
	for name, f := range map[string]hall.Fact{
		"no kind":       {At: at, Call: call},
		"no body":       {Kind: hall.KindCall, At: at},
		"another body":  {Kind: hall.KindRating, At: at, Call: call},
		"two bodies":    {Kind: hall.KindCall, At: at, Call: call, Invite: &hall.Invite{Window: "w1"}},
		"level 0":       {Kind: hall.KindRating, At: at, Rating: &hall.Rating{Level: 0}},
		"level 6":       {Kind: hall.KindRating, At: at, Rating: &hall.Rating{Level: 6}},
		"long number":   {Kind: hall.KindCall, At: at, Call: &hall.Call{Number: strings.Repeat("9", MaxNumber+1)}},
		"not UTF-8":     {Kind: hall.KindCall, At: at, Call: &hall.Call{Number: "A\xff"}},
		"long device":   {Kind: hall.KindCall, At: at, Call: call, Device: hall.DeviceID(strings.Repeat("d", MaxID+1))},
		"no time":       {Kind: hall.KindCall, Call: call},
		"year 1969":     {Kind: hall.KindCall, At: hall.Stamp{Wall: time.Unix(-1, 0)}, Call: call},
		"year 2201":     {Kind: hall.KindCall, At: hall.Stamp{Wall: maxTime}, Call: call},
		"direction":     {Kind: hall.KindPassage, At: at, Passage: &hall.Passage{Direction: 2}},
		"gap from none": {Kind: hall.KindGap, At: at, Gap: &hall.Gap{To: day}},
		"punch time":    {Kind: hall.KindPunch, At: at, Punch: &hall.Punch{PIN: "1"}},
	} {
		if _, err := EncodeFact(f); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// mustMarshal encodes test material that the exported encoders refuse to make.
func mustMarshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := modes().enc.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOnePoisonedRecordSpoilsNothing(t *testing.T) {
	good, err := EncodeFact(sampleFacts()[3])
	if err != nil {
		t.Fatal(err)
	}
	bad := factWire{Kind: hall.KindRating, At: stampWire{Wall: micros(day)}, Rating: &hall.Rating{Level: 9}}
	records := [][]byte{good, {0xff}, nil, mustMarshal(t, bad), bytes.Repeat([]byte{0xa1}, 2*MaxPoisonRaw), good}
	data := mustMarshal(t, batchWire{Epoch: 1, First: 10, Oldest: 10, Count: uint32(len(records)), Block: mustMarshal(t, records)})
	b, poison, err := DecodeFactBatch(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Facts) != 2 || b.Facts[0].Seq != 10 || b.Facts[1].Seq != 15 {
		t.Errorf("facts %+v", b.Facts)
	}
	if len(poison) != 4 || poison[0].Seq != 11 || poison[3].Seq != 14 || poison[0].Reason == "" || len(poison[3].Raw) != MaxPoisonRaw {
		t.Errorf("poison %+v", poison)
	}
	if !bytes.Equal(poison[0].Raw, []byte{0xff}) || !strings.Contains(poison[2].Reason, "level 9") {
		t.Errorf("poison %+v", poison)
	}
}

func TestAFactThatCannotTravelIsReplaced(t *testing.T) {
	b := FactBatch{Epoch: 1, First: 5, Oldest: 1, Facts: []hall.Fact{
		{Kind: hall.KindRating, At: hall.Stamp{Wall: day, Boot: 3}, Raw: []byte("key"), Rating: &hall.Rating{Level: 9}},
		{Kind: hall.KindCall, Call: &hall.Call{Number: "A1"}}, // no time
	}}
	data, err := EncodeFactBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	got, poison, err := DecodeFactBatch(data)
	if err != nil || len(poison) != 0 || len(got.Facts) != 2 {
		t.Fatal(got, poison, err)
	}
	f := got.Facts[0]
	if f.Kind != hall.KindRefusal || !f.At.Wall.Equal(day) || string(f.Raw) != "key" || !strings.Contains(f.Refusal.Reason, "level 9") {
		t.Errorf("got %+v %+v", f, f.Refusal)
	}
	if f := got.Facts[1]; f.Seq != 6 || f.Kind != hall.KindRefusal {
		t.Errorf("got %+v", f)
	}
}

func TestBadEnvelopes(t *testing.T) {
	records := mustMarshal(t, [][]byte{{0xa0}})
	for name, w := range map[string]batchWire{
		"first 0":      {First: 0, Count: 1, Block: records},
		"first beyond": {First: MaxSeq + 1, Count: 1, Block: records},
		"count":        {First: 1, Count: 2, Block: records},
		"large count":  {First: 1, Count: 1<<32 - 1, Block: records},
		"packing":      {First: 1, Count: 1, Pack: 9, Block: records},
		"not zstd":     {First: 1, Count: 1, Pack: packZstd, Block: records},
		"no block":     {First: 1},
	} {
		if _, _, err := DecodeFactBatch(mustMarshal(t, w)); err == nil {
			t.Errorf("facts, %s: no error", name)
		}
		if _, err := DecodeReadingBatch(mustMarshal(t, w)); err == nil {
			t.Errorf("readings, %s: no error", name)
		}
	}
	for name, data := range map[string][]byte{"empty": {}, "null": {0xf6}, "array": {0x80}, "indefinite": {0xbf, 0xff}, "twice": {0xa2, 1, 1, 1, 2}} {
		if _, err := DecodeAck(data); !errors.Is(err, ErrMalformed) {
			t.Errorf("ack, %s: %v", name, err)
		}
	}
	if _, err := DecodeWill(make([]byte, MaxMessage+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large message: %v", err)
	}
}

func TestBatchLimits(t *testing.T) {
	if _, err := EncodeFactBatch(FactBatch{First: 1, Facts: make([]hall.Fact, MaxFacts+1)}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := EncodeFactBatch(FactBatch{First: 1, Facts: []hall.Fact{{Seq: 9}}}); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
	many := make([]hall.Reading, MaxReadings+1)
	if _, err := EncodeReadingBatch(ReadingBatch{First: 1, Readings: many}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := AppendReadings(nil, many); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	many[0].Series.Part = strings.Repeat("p", MaxID+1)
	if _, err := EncodeReadingBatch(ReadingBatch{First: 1, Readings: many[:1]}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if dst, err := AppendReadings([]byte("kept"), many[:1]); !errors.Is(err, ErrTooLarge) || string(dst) != "kept" {
		t.Error(string(dst), err)
	}
}

// A small message must not become a large block.
func TestBombIsRefused(t *testing.T) {
	block, how := pack(make([]byte, 64<<20))
	if how != packZstd || len(block) > MaxMessage {
		t.Fatalf("a bomb of %d bytes", len(block))
	}
	data := mustMarshal(t, batchWire{First: 1, Count: 1, Pack: packZstd, Block: block})
	if _, err := DecodeReadingBatch(data); err == nil {
		t.Error("no error")
	}
}

// Forward compatibility: keys, kinds and sections of later versions are skipped, not refused.
func TestLaterVersions(t *testing.T) {
	ack := map[int]any{1: 1, 2: 7, 3: 9, 4: micros(day), 99: map[int]any{1: []int{1, 2}}, 100: "new"}
	if a, err := DecodeAck(mustMarshal(t, ack)); err != nil || a.Seq != 9 {
		t.Error(a, err)
	}
	stamp := map[int]any{1: micros(day), 2: 3, 3: 4, 77: true}
	call := map[int]any{1: 2, 2: stamp, 11: map[int]any{1: "A1", 2: "w1", 50: "new"}, 60: "new"}
	if f, err := DecodeFact(mustMarshal(t, call)); err != nil || f.Call.Number != "A1" || f.At.Boot != 3 {
		t.Error(f, err)
	}
	kind := map[int]any{1: 42, 2: stamp, 3: "dev-9", 10: map[int]any{1: "A1"}, 42: map[int]any{1: 1}}
	if f, err := DecodeFact(mustMarshal(t, kind)); err != nil || f.Kind != 42 || f.Device != "dev-9" || f.Ticket != nil {
		t.Error(f, err)
	}
	snap := map[int]any{1: "weather", 2: 1, 3: 1, 4: micros(day), 5: 0, 40: map[int]any{1: 1}}
	if s, err := DecodeSnapshot(mustMarshal(t, snap)); err != nil || s.Section != "weather" {
		t.Error(s, err)
	}
	if _, err := EncodeFact(hall.Fact{Kind: 42, At: hall.Stamp{Wall: day}}); err != nil {
		t.Error(err)
	}
}

func TestBadFrames(t *testing.T) {
	good, err := AppendReadings(nil, sampleReadings())
	if err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if _, err := DecodeReadings(good[:n]); err == nil {
			t.Errorf("a frame cut at %d gave no error", n)
		}
	}
	if _, err := DecodeReadings(append(good, 0)); err == nil {
		t.Error("a frame with a byte too many gave no error")
	}
	huge := binary.AppendUvarint([]byte{frameVersion}, 1<<40)
	if _, err := DecodeReadings(huge); err == nil {
		t.Error("a huge count gave no error")
	}
}

func TestTopics(t *testing.T) {
	for topic, want := range map[string][3]string{
		TopicLog("chengguan", hall.Facts):                 {"chengguan", "log", "facts"},
		TopicLog("chengguan", hall.Readings):              {"chengguan", "log", "readings"},
		TopicState("a-1", hall.SectionQueue):              {"a-1", "state", "queue"},
		TopicBirth("a"):                                   {"a", "birth", ""},
		TopicWill("a"):                                    {"a", "will", ""},
		TopicAck("a"):                                     {"a", "ack", ""},
		"hp/1/" + strings.Repeat("h", MaxHallID) + "/ack": {strings.Repeat("h", MaxHallID), "ack", ""},
	} {
		id, what, sub, err := ParseTopic(topic)
		if got := [3]string{string(id), what, sub}; err != nil || got != want {
			t.Errorf("%s: %v, %v", topic, got, err)
		}
	}
	for _, topic := range []string{
		"", "hp", "hp/1/", "hp/2/a/ack", "hp/1//ack", "hp/1/A/ack", "hp/1/+/ack", "hp/1/a", "hp/1/a/", "hp/1/a/ack/", "hp/1/a/log", "hp/1/a/log/other",
		"hp/1/a/state", "hp/1/a/state/", "hp/1/a/state/Q", "hp/1/a/log/facts/x", "hp/1/a/other", "hp/1/" + strings.Repeat("h", MaxHallID+1) + "/ack",
	} {
		if _, _, _, err := ParseTopic(topic); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", topic, err)
		}
	}
	if len(Uplink()) != 4 || Uplink()[0] != "hp/1/+/log/+" {
		t.Error(Uplink())
	}
}
