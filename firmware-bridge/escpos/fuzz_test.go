package escpos

import (
	"slices"
	"strings"
	"testing"
)

func FuzzEscpos(f *testing.F) {
	f.Add(readHex(f, "ticket.hex"), uint8(3))
	f.Add(readHex(f, "full.hex"), uint8(7))
	f.Add([]byte("\x1B@A\n\x1D(k\x03\x00abc\x1Dv0\x00\x01\x00\x02\x00xx\x1Dk\x04123\x00\x1B\x1B@\x1DV\x00"), uint8(2))
	f.Add([]byte("\x10\x04\x01\x10\x14\x08\x1C.\xD7\xDB\x1C&\x81\x30\x81\x30\x01\x02\x1BzB\x1DVB\x03"), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		if len(stream) == 0 {
			return
		}
		want := play(stream, len(stream))
		got := play(stream, max(1, int(piece)))
		if !slices.Equal(got.said, want.said) {
			t.Fatalf("in pieces of %d\n%s\nat once\n%s", piece, strings.Join(got.said, "\n"), strings.Join(want.said, "\n"))
		}
		for _, d := range want.docs {
			if len(d.Lines) == 0 || len(d.Lines) > MaxLines || len(d.Raw) > MaxRaw {
				t.Fatalf("%d lines, %d bytes", len(d.Lines), len(d.Raw))
			}
			ticket, err := ReadTicket(d, DefaultLayout())
			if (err == nil) != (ticket.Number != "") || ticket.Ahead < -1 {
				t.Fatalf("%+v, %v", ticket, err)
			}
		}
	})
}

func BenchmarkFeed(b *testing.B) {
	stream := readHex(b, "full.hex")
	p, tickets := NewParser(), 0
	b.ReportAllocs()
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		p.Feed(stream, func(Document) { tickets++ }, nil)
	}
	if tickets != b.N {
		b.Fatalf("%d tickets of %d", tickets, b.N)
	}
}
