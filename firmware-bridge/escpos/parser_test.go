package escpos

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// readHex reads a captured stream: hex pairs, and comments from # to the end of the line.
func readHex(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		b, err := hex.DecodeString(strings.Join(strings.Fields(line), ""))
		if err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		out = append(out, b...)
	}
	return out
}

// gb gives text as a printer gets it.
func gb(t testing.TB, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// player writes down what a parser says.
type player struct {
	docs []Document
	said []string
}

func (p *player) document(d Document) {
	p.docs = append(p.docs, d)
	var lines []string
	for _, l := range d.Lines {
		lines = append(lines, fmt.Sprintf("%s (%dx%d)", l.Text, l.Width, l.Height))
	}
	p.said = append(p.said, strings.Join(lines, " / "))
}

func (p *player) refused(reason string, raw []byte) {
	p.said = append(p.said, fmt.Sprintf("refused % X: %s", raw, reason))
}

// play feeds stream in pieces of n bytes.
func play(stream []byte, n int) *player {
	out, p := &player{}, NewParser()
	for chunk := range slices.Chunk(stream, n) {
		p.Feed(chunk, out.document, out.refused)
	}
	return out
}

// check plays a stream in pieces of every size.
func check(t *testing.T, stream []byte, want ...string) *player {
	t.Helper()
	var got *player
	for n := 1; n <= len(stream); n++ {
		if got = play(stream, n); !slices.Equal(got.said, want) {
			t.Fatalf("in pieces of %d bytes: got\n%s\nwant\n%s", n, strings.Join(got.said, "\n"), strings.Join(want, "\n"))
		}
	}
	return got
}

func TestTicketOfTheReference(t *testing.T) {
	stream := readHex(t, "ticket.hex")
	got := check(t, stream, "A012 (4x4) / 综合业务 (1x1)")
	d := got.docs[0]
	if d.Truncated || !bytes.HasPrefix(d.Raw, stream[:27]) || !bytes.HasSuffix(d.Raw, []byte{0x1D, 'V', 0x42, 0}) {
		t.Errorf("raw % X", d.Raw)
	}
	if bytes.Contains(d.Raw, []byte("https")) {
		t.Error("the raw document has the QR code's data")
	}
	ticket, err := ReadTicket(d, DefaultLayout())
	if err != nil || ticket != (Ticket{"A012", "综合业务", -1}) {
		t.Errorf("%+v, %v", ticket, err)
	}
}

func TestFullTicket(t *testing.T) {
	got := check(t, readHex(t, "full.hex"),
		"城关镇便民服务中心 (2x2) / 您的号码：B107 (2x2) / 业务类别：社保医保 (1x1) / 前面等候 3 人 (1x1) / 2026-03-02 09:15:07 (1x1) / 请在等候区等候叫号，过号作废 (1x1)")
	ticket, err := ReadTicket(got.docs[0], DefaultLayout())
	if err != nil || ticket != (Ticket{"B107", "社保医保", 3}) {
		t.Errorf("%+v, %v", ticket, err)
	}
}

func TestDocuments(t *testing.T) {
	const init, cut = "\x1B@", "\x1DV\x00"
	const picture = "a picture was printed, which has no text to read: let the dispenser print its tickets as text"
	for _, c := range []struct {
		name, stream string
		want         []string
	}{
		{"paper out in the middle, then a new ticket", init + "A001\nx" + init + "A001\nx\n" + cut, []string{"A001 (1x1) / x (1x1)", "A001 (1x1) / x (1x1)"}},
		{"paper out inside a command", "A001\n\x1D" + init + "A002\n" + cut, []string{"refused 1D: unknown command", "A001 (1x1)", "A002 (1x1)"}},
		{"nothing printed", init + init + cut + "\n\n" + cut, nil},
		{"the older cuts", "A\n\x1Bi" + "B\n\x1Bm", []string{"A (1x1)", "B (1x1)"}},
		{"a cut after feeding", "A\x1DVB\x03", []string{"A (1x1)"}},
		{"a cut ends the line", "A" + cut, []string{"A (1x1)"}},
		{"every way to end a line", "A\nB\rC\r\nD\fE\x1Bd\x03F\x1BJ\x10G" + cut, []string{"A (1x1) / B (1x1) / C (1x1) / D (1x1) / E (1x1) / F (1x1) / G (1x1)"}},
		{"sizes", "\x1D!\x70A\n\x1B!\x30B\n\x1B!\x00C\n\x1C!\x0Cd" + gb(t, "人") + "\n\x1CW\x00" + gb(t, "人") + cut, []string{"A (8x1) / B (2x2) / C (1x1) / d人 (2x2) / 人 (1x1)"}},
		{"initialising ends sizes", "\x1D!\x11A\n" + init + "B" + cut, []string{"A (2x2)", "B (1x1)"}},
		{"a picture with commands in it", "A\n\x1Dv0\x00\x02\x00\x03\x00\x1B@\x1DV\x00\x0AB" + cut, []string{"A (1x1) / B (1x1)"}},
		{"a ticket that is a picture", init + "\x1Dv0\x00\x01\x00\x01\x00x" + cut, []string{"refused 1B 40 1D 76 30 00 01 00 01 00 1D 56 00: " + picture}},
		{"a picture in strips", init + "\x1B*\x00\x01\x00x\n\x1B*\x00\x01\x00x\n" + cut, []string{"refused 1B 40 1B 2A 00 01 00 0A 1B 2A 00 01 00 0A 1D 56 00: " + picture}},
		{"a picture at the head", "\x1Dv0\x00\x01\x00\x01\x00x" + init + "A\n" + cut, []string{"A (1x1)"}},
		{"a logo of the printer, and nothing else", "\x1D(L\x06\x000E  \x01\x01" + cut, nil},
		{"a bit image", "A\x1B*\x21\x02\x00\x1B@\x1DV\x00\x0AB" + cut, []string{"AB (1x1)"}},
		{"a stored image and graphics", "A\x1D*\x01\x01\x1B@345678B\x1D8L\x03\x00\x00\x00\x1B@\nC" + cut, []string{"ABC (1x1)"}},
		{"too large a picture", "A\n\x1Dv0\x00\xFF\xFF\xFF\xFFB" + cut, []string{"refused 1D 76 30 00 FF FF FF FF: a picture larger than any printer takes", "A (1x1) / B (1x1)"}},
		{"barcodes", "A\x1Dk\x04123\x00B\x1DkI\x03\x1B@xC" + cut, []string{"ABC (1x1)"}},
		{"tabulators and status", "A\x1BD\x08\x10\x00\x10\x04\x01\x10\x04\x07\x01\x10\x14\x01\x00\x01B" + cut, []string{"AB (1x1)"}},
		{"a barcode without end", "A\x1Dk\x04" + strings.Repeat("1", MaxUntil) + "B" + cut, []string{"refused 31: a command that does not end", "AB (1x1)"}},
		{"unknown commands", "A\x1BzB\x1DV\x07C" + cut, []string{"refused 1B 7A: unknown command", "refused 1D 56 07: an unknown way to cut", "ABC (1x1)"}},
		{"noise between", "A\n" + cut + "\x01\x02\x03\x1E" + init + "B\n" + cut, []string{"A (1x1)", "refused 01 02 03 1E: a control character that printers do not know", "B (1x1)"}},
		{"noise that prints", "A\n" + cut + "\xFF\xFE" + init + "B\n" + cut, []string{"A (1x1)", "refused FF FE: nothing that can be read was printed", "B (1x1)"}},
		{"NUL and cancel", "\x00A\x18\x00" + cut, []string{"A (1x1)"}},
		{"four bytes", gb(t, "㐀𠮷") + cut, []string{"㐀𠮷 (1x1)"}},
		{"half a character", "\xD7\xDB\xBA\n" + "A" + cut, []string{"综� (1x1) / A (1x1)"}},
		{"Chinese mode off", "\x1C.\xD7\xDBA\x1C&\xD7\xDB" + cut, []string{"��A综 (1x1)"}},
		{"blanks", " \t A B " + gb(t, "\u3000") + "\n \n" + cut, []string{"A B (1x1)"}},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, []byte(c.stream), c.want...) })
	}
}

func TestLargeDocument(t *testing.T) {
	var b bytes.Buffer
	for i := range 10 * MaxLines {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	b.WriteString(strings.Repeat("x", 100*MaxLine) + "\x1DV\x00" + "A012\n\x1DV\x00")
	got := play(b.Bytes(), 1000)
	if len(got.docs) != 2 || len(got.said) != 2 {
		t.Fatalf("%d documents, said %d", len(got.docs), len(got.said))
	}
	if d := got.docs[0]; !d.Truncated || len(d.Lines) != MaxLines || len(d.Raw) != MaxRaw {
		t.Errorf("%v, %d lines, %d bytes", d.Truncated, len(d.Lines), len(d.Raw))
	}
	if d := got.docs[1]; d.Truncated || len(d.Lines) != 1 {
		t.Errorf("the next document: %+v", d)
	}
}

func TestSilence(t *testing.T) {
	p, got := NewParser(), &player{}
	p.Feed([]byte("A001\n\x1D(k\xFF\xFFxyz"), got.document, got.refused)
	p.Flush(got.document, got.refused)
	p.Feed([]byte("A002\n\x1D"), got.document, got.refused)
	p.Flush(got.document, got.refused)
	p.Feed([]byte("A003\n\x1D!\x33\x1B"), got.document, got.refused)
	p.Reset()
	p.Feed([]byte("A004\n\x1DV\x00"), got.document, got.refused)
	want := []string{"A001 (1x1)", "A002 (1x1)", "refused 1D: half a command, then silence", "A004 (1x1)"}
	if !slices.Equal(got.said, want) {
		t.Errorf("got %q", got.said)
	}
}

func TestNilCallbacks(t *testing.T) {
	p := NewParser()
	p.Feed([]byte("\x01\x1BzA\x1DV\x00\xFF\x1DV\x00"), nil, nil)
	p.Flush(nil, nil)
}
