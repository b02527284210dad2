package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
)

func parsed(t *testing.T, text string) *Profile {
	t.Helper()
	p, err := Parse("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// said plays a stream in pieces of every size, which must not matter.
func said(t *testing.T, p *Profile, stream []byte, want ...string) {
	t.Helper()
	for n := 1; n <= len(stream); n++ {
		if got := play(p, stream, n); !slices.Equal(got.said, want) || string(got.raw) != string(stream) {
			t.Fatalf("in pieces of %d: got\n%s\nwant\n%s", n, strings.Join(got.said, "\n"), strings.Join(want, "\n"))
		}
	}
}

// DLE doubling between DLE STX and DLE ETX, and SLIP with its two escapes.
func TestStuffingByMap(t *testing.T) {
	dle := parsed(t, `
about: {zh: x}
stuffing: {mark: 10, map: {10: 10}}
frame: [{part: constant, bytes: 10 02}, {part: address, as: u8}, {part: data, max: 8}, {part: check, kind: sum8, from: address, to: data}, {part: constant, bytes: 10 03}]
messages: [{kind: call, fields: [{is: number, as: ascii}], answer: {data: [{bytes: 10 06}]}}]`)
	frame := hexBytes(t, "10 02 10 10 'A7' 88 10 03")
	said(t, dle, slices.Concat(hexBytes(t, "10 10 10"), frame, hexBytes(t, "10 02 01 10 04"), frame, hexBytes(t, "10 02 01 'A"+"7'"), frame),
		"refused noise: no header", "call 16 A7 answer 10 02 10 10 10 10 06 26 10 03",
		"refused byte 04 cannot be stuffed", "call 16 A7 answer 10 02 10 10 10 10 06 26 10 03",
		"refused cut short: another frame begins inside", "call 16 A7 answer 10 02 10 10 10 10 06 26 10 03")
	slip := parsed(t, `
about: {zh: x}
stuffing: {mark: DB, map: {DC: C0, DD: DB}}
frame: [{part: constant, bytes: C0}, {part: data, max: 8}, {part: constant, bytes: C0}]
messages: [{kind: call, fields: [{is: skip, size: 2}, {is: number, as: ascii}]}]`)
	said(t, slip, hexBytes(t, "C0 DB DC DB DD 'A7' C0 C0 01 02 'B8' C0"), "call -1 A7", "call -1 B8")
	said(t, slip, hexBytes(t, "C0 'ABCDEFGHIJK' C0 C0 01 02 'B8' C0"), "refused no ending after 8 bytes of data", "call -1 B8")
}

// Frames of several shapes on one line, each found whatever comes before it.
func TestSeveralFrames(t *testing.T) {
	p := parsed(t, `
about: {zh: x}
frame: [{part: constant, bytes: AA 55}, {part: length, as: u8, from: data, to: data}, {part: data, max: 8}, {part: check, kind: xor8, from: data, to: data}]
messages: [{kind: invite, fields: [{is: number, as: ascii}]}]
also:
  - frame: [{part: constant, bytes: "'R'"}, {part: data, size: 2}, {part: check, kind: sum8, as: hex, from: data, to: data}]
    messages: [{kind: rating, fields: [{is: level, as: u8, map: {5: 5}}, {is: seq, as: u8}]}]
  - frame: [{part: constant, bytes: BB}, {part: data, max: 4}, {part: end, one_of: [0D]}]
    messages: [{kind: heartbeat}]`)
	invite, rating, beat := hexBytes(t, "AA 55 02 'A7' 76"), hexBytes(t, "'R' 05 09 '0E'"), hexBytes(t, "BB 01 0D")
	said(t, p, slices.Concat(invite, rating, beat, rating, invite), "invite -1 A7", "rating -1 5 9", "alive -1", "rating -1 5 9", "invite -1 A7")
	said(t, p, slices.Concat(hexBytes(t, "AA 55 08 'A'"), rating, hexBytes(t, "BB 01"), invite, hexBytes(t, "AA"), beat),
		"refused cut short: another frame begins inside", "rating -1 5 9", "refused cut short: another frame begins inside", "invite -1 A7",
		"refused noise: no header", "alive -1")
	if p.Family() != hall.Keypad || !p.Says(hall.KindRating) || p.Says(hall.KindCall) {
		t.Errorf("family %s", p.Family())
	}
}

func TestLines(t *testing.T) {
	p := parsed(t, `
about: {zh: x}
lines: {ends: [3B, 0D 0A], max: 10, as: utf8}
messages:
  - {kind: call, match: '(?P<number>A\d+)( 号)?', pattern: '^A\d{1,2}$'}
  - {kind: heartbeat, match: ''}
other: ignore`)
	said(t, p, []byte("A7;A8 号\r\n;  A9\t;A123;B7;\xFF;"), "call -1 A7", "call -1 A8", "alive -1", "call -1 A9", "alive -1", "alive -1", "refused not UTF-8: FF")
	said(t, p, []byte("A7\r;A8\r\r\nABCDEFGHIJK;A9;A1"), "call -1 A7", "call -1 A8", "refused no ending after 10 bytes of data",
		"refused the rest of a line that is too long", "call -1 A9", "refused half a frame, then silence")
}

func TestWhatAProfileSays(t *testing.T) {
	p := parsed(t, `
about: {zh: x}
family: display
line: {baud: 4800, parity: even, quiet: 300ms}
silence: 5m
lines: {}
messages: [{kind: ticket, match: '(?P<number>A1)'}]`)
	if want := (Line{4800, 8, "even", "1", 300 * time.Millisecond}); p.Line() != want || p.Silence() != 5*time.Minute || p.Family() != hall.Display {
		t.Errorf("%+v %v %s", p.Line(), p.Silence(), p.Family())
	}
	for name, want := range map[string]hall.Family{
		"led-display": hall.Display, "dispenser-line": hall.Dispenser, "dispenser-frame": hall.Dispenser, "keypad-line": hall.Keypad, "rating-keypad": hall.Keypad,
	} {
		if got := mustLoad(t, name).Family(); got != want {
			t.Errorf("%s is of family %s, want %s", name, got, want)
		}
	}
}

// A ticket that has no number is refused: it must not vanish without a word.
func TestTicketWithoutNumber(t *testing.T) {
	p := parsed(t, "about: {zh: x}\nlines: {}\nmessages: [{kind: ticket, match: 'T(?P<number>.*)'}]")
	said(t, p, []byte("TA12\nT--\n"), "ticket A12 - -1", `refused a ticket without a number: "--"`)
}

// Every shipped profile says what is known of it and what is not, and has captures.
func TestShipped(t *testing.T) {
	if n := len(Builtins()); n < 12 {
		t.Errorf("%d profiles", n)
	}
	for _, name := range Builtins() {
		text, err := os.ReadFile(filepath.Join("builtin", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"\n# Verified: ", "\n# Assumed: "} {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s does not say what is %s", name, word[3:])
			}
		}
		c, p := readCaptures(t, name), mustLoad(t, name)
		if len(c.want) < 5 || !slices.ContainsFunc(c.want, func(s string) bool { return strings.HasPrefix(s, "refused") }) {
			t.Errorf("%s has few captures: %q", name, c.want)
		}
		if p.About().ZH == "" || p.About().EN == "" {
			t.Errorf("%s has no description", name)
		}
	}
	folders, err := filepath.Glob("testdata/captures/*")
	if err != nil || len(folders) != len(Builtins()) {
		t.Errorf("captures of %d profiles, %v", len(folders), err)
	}
}
