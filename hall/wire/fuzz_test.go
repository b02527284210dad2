package wire

import (
	"os"
	"path/filepath"
	"testing"
)

// seed adds the golden files that match pattern.
func seed(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "v1", pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files %s: %v", pattern, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// stable checks that what decodes can be encoded, and decodes again.
func stable[T any](t *testing.T, data []byte, dec func([]byte) (T, error), enc func(T) ([]byte, error)) {
	t.Helper()
	v, err := dec(data)
	if err != nil {
		return
	}
	again, err := enc(v)
	if err != nil {
		t.Fatalf("decoded %+v, which does not encode: %v", v, err)
	}
	if _, err := dec(again); err != nil {
		t.Fatalf("decoded %+v, encoded, which does not decode: %v", v, err)
	}
}

func FuzzDecodeBirth(f *testing.F) {
	seed(f, "birth.bin")
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, DecodeBirth, EncodeBirth) })
}

func FuzzDecodeWill(f *testing.F) {
	seed(f, "will.bin")
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, DecodeWill, EncodeWill) })
}

func FuzzDecodeAck(f *testing.F) {
	seed(f, "ack.bin")
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, DecodeAck, EncodeAck) })
}

func FuzzDecodeSnapshot(f *testing.F) {
	seed(f, "snapshot-*.bin")
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, DecodeSnapshot, EncodeSnapshot) })
}

func FuzzDecodeFact(f *testing.F) {
	seed(f, "fact-*.bin")
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, DecodeFact, EncodeFact) })
}

func FuzzDecodeFactBatch(f *testing.F) {
	seed(f, "fact-batch.bin")
	f.Fuzz(func(t *testing.T, data []byte) {
		b, poison, err := DecodeFactBatch(data)
		if err != nil {
			return
		}
		for i, p := range poison {
			if p.Reason == "" || p.Seq < b.First || (i > 0 && p.Seq <= poison[i-1].Seq) {
				t.Fatalf("poison %+v in a batch from %d", p, b.First)
			}
		}
	})
}

// FuzzFactBlock fuzzes what is inside a fact batch, which mutations of a compressed block seldom reach.
func FuzzFactBlock(f *testing.F) {
	seed(f, "fact-*.bin")
	f.Fuzz(func(t *testing.T, record []byte) {
		data := mustMarshal(t, batchWire{First: 1, Count: 1, Block: mustMarshal(t, [][]byte{record})})
		b, poison, err := DecodeFactBatch(data)
		if len(record) < MaxMessage/2 && (err != nil || len(b.Facts)+len(poison) != 1) {
			t.Fatalf("%d facts, %d poisoned, %v", len(b.Facts), len(poison), err)
		}
	})
}

func FuzzDecodeReadingBatch(f *testing.F) {
	seed(f, "reading-batch.bin")
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, DecodeReadingBatch, EncodeReadingBatch) })
}

// FuzzReadingBlock fuzzes the columns themselves.
func FuzzReadingBlock(f *testing.F) {
	data, err := EncodeReadingBatch(ReadingBatch{First: 1, Readings: sampleReadings()})
	if err != nil {
		f.Fatal(err)
	}
	w, plain, err := openBatch("reading batch", data, MaxReadings)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(w.Count, plain)
	f.Fuzz(func(t *testing.T, count uint32, block []byte) {
		data := mustMarshal(t, batchWire{First: 1, Count: count, Block: block})
		stable(t, data, DecodeReadingBatch, EncodeReadingBatch)
	})
}

func FuzzDecodeReadings(f *testing.F) {
	seed(f, "readings-frame.bin")
	f.Fuzz(func(t *testing.T, data []byte) {
		readings, err := DecodeReadings(data)
		if err != nil {
			return
		}
		again, err := AppendReadings(nil, readings)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeReadings(again)
		if err != nil {
			t.Fatal(err)
		}
		sameReadings(t, got, readings)
	})
}

func FuzzParseTopic(f *testing.F) {
	f.Add("hp/1/chengguan/log/facts")
	f.Fuzz(func(t *testing.T, topic string) {
		if id, _, _, err := ParseTopic(topic); err == nil && !ValidHallID(id) {
			t.Fatalf("%q names hall %q", topic, id)
		}
	})
}
