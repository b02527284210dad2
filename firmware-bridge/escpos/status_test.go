package escpos

import (
	"errors"
	"slices"
	"testing"
)

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		kind, b byte
		want    Status
	}{
		{StatusPrinter, 0x12, Status{}}, {StatusPrinter, 0x1A, Status{Offline: true}}, {StatusPrinter, 0x16, Status{}},
		{StatusOffline, 0x16, Status{Cover: true}}, {StatusOffline, 0x32, Status{PaperEnd: true}}, {StatusOffline, 0x52, Status{Failed: true}},
		{StatusError, 0x1A, Status{Cutter: true}}, {StatusError, 0x32, Status{Fatal: true}}, {StatusError, 0x52, Status{Recoverable: true}},
		{StatusPaper, 0x1E, Status{PaperLow: true}}, {StatusPaper, 0x7E, Status{PaperLow: true, PaperEnd: true}}, {StatusPaper, 0x12, Status{}},
	} {
		var s Status
		if err := s.Take(c.kind, c.b); err != nil || s != c.want {
			t.Errorf("%d %02X: %+v, %v", c.kind, c.b, s, err)
		}
	}
	was := Status{PaperEnd: true, Cover: true}
	for _, b := range []byte{0x00, 0x10, 0x02, 0xFF, 0x13, 0x92, 0x11} {
		s := was
		if err := s.Take(StatusOffline, b); !errors.Is(err, ErrNoStatus) || s != was || IsStatus(b) {
			t.Errorf("%02X: %+v, %v", b, s, err)
		}
	}
	if err := new(Status).Take(7, 0x12); !errors.Is(err, ErrNoStatus) {
		t.Error(err)
	}
	s := Status{}
	for i, b := range []byte{0x1A, 0x32, 0x12, 0x12} { // the paper's end is told by the cause alone
		if err := s.Take(byte(i+1), b); err != nil {
			t.Fatal(err)
		}
	}
	if s != (Status{Offline: true, PaperEnd: true}) {
		t.Errorf("%+v", s)
	}
}

func TestQueries(t *testing.T) {
	stream := []byte("A\x10\x04\x01\x10\x10\x04\x02\x10\x04\x10\x04\x03\x10\x05\x04\x04\x10\x04\x09\x10\x04\x04")
	for _, n := range []int{1, 2, 5, len(stream)} {
		var q Queries
		var got []byte
		for chunk := range slices.Chunk(stream, n) {
			q.Feed(chunk, func(kind byte) { got = append(got, kind) })
		}
		if string(got) != "\x01\x02\x03\x04" {
			t.Errorf("% X", got)
		}
	}
	if string(Query(StatusPaper)) != "\x10\x04\x04" {
		t.Errorf("% X", Query(StatusPaper))
	}
}

func TestBusyAndCut(t *testing.T) {
	p := NewParser()
	var cuts []bool
	emit := func(d Document) { cuts = append(cuts, d.Cut) }
	for _, c := range []struct {
		bytes string
		busy  bool
	}{
		{"\x1B", true}, {"@", false}, {"A012", true}, {"\n", true}, {"\x1DV\x00", false}, {"\x1Dv0\x00\x01\x00\x02\x00x", true}, {"x", true},
		{"\x10\x04\x01", true}, {"B1\n", true}, {"\x1B@", false}, {"\x1BD\x01", true}, {"\x00", false}, {"C1\n\x1Bm", false},
	} {
		if p.Feed([]byte(c.bytes), emit, nil); p.Busy() != c.busy {
			t.Errorf("after %q: %v", c.bytes, p.Busy())
		}
	}
	if !slices.Equal(cuts, []bool{true, false, true}) {
		t.Errorf("cut %v", cuts)
	}
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte("\x10\x04\x01\x10\x04\x02"), byte(2), byte(0x16))
	f.Fuzz(func(t *testing.T, stream []byte, kind, b byte) {
		var q Queries
		n := 0
		q.Feed(stream, func(byte) { n++ })
		var s Status
		if err := s.Take(kind, b); n > len(stream)/3 || err != nil && s != (Status{}) {
			t.Errorf("%d queries of %d bytes, %+v, %v", n, len(stream), s, err)
		}
	})
}
