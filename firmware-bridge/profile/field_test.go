package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

func mustLoad(t testing.TB, name string) *Profile {
	t.Helper()
	p, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEndOfSeveralBytes(t *testing.T) {
	p := mustLoad(t, "testdata/hmi.yaml")
	text := slices.Concat(hexBytes(t, "EE B1 10 00 02 00 01"), hexBytes(t, "EE B1 FC"), hexBytes(t, "FF FC FF FF"))
	stream := slices.Concat(hexBytes(t, "EE B1 10 00 01 00 01 'A012' FF FC FF FF"), text, hexBytes(t, "EE B1 11 00 03 FF FC FF FF"))
	want := []string{"call 1 A012", "refused not GB18030: EE B1 FC", "alive 3"}
	for n := 1; n <= len(stream); n++ {
		if got := play(p, stream, n).said; !slices.Equal(got, want) {
			t.Fatalf("in pieces of %d: %q", n, got)
		}
	}
}

func TestFixedFieldsAndCRC(t *testing.T) {
	p := mustLoad(t, "testdata/bcd.yaml")
	frame := hexBytes(t, "'@' 0C 00 'B' 00 17 99 00 00")
	binary.LittleEndian.PutUint16(frame[7:], crc16(frame[:7]))
	frame[1] = byte(len(frame) + 2)
	binary.LittleEndian.PutUint16(frame[7:], crc16(frame[:7]))
	got := play(p, slices.Concat(frame, frame), 4)
	answer := hexBytes(t, "'@' 0C 00 'OKB' 00 17")
	answer[1] = byte(len(answer) + 4)
	answer = binary.LittleEndian.AppendUint16(answer, crc16(answer))
	want := fmt.Sprintf("call -1 B017 answer % X", answer)
	if !slices.Equal(got.said, []string{want, want}) {
		t.Errorf("got %q, want %s", got.said, want)
	}
}

// one field of each encoding, as a number and as a counter.
func TestEncodings(t *testing.T) {
	for _, c := range []struct{ field, sent, want string }{
		{"{is: number, as: u8}", "07", "7"},
		{"{is: number, as: u8, width: 3}", "07", "007"},
		{"{is: number, as: u16be}", "01 02", "258"},
		{"{is: number, as: u16le}", "01 02", "513"},
		{"{is: number, as: u32be}", "00 00 01 02", "258"},
		{"{is: number, as: u32le}", "01 02 00 00", "513"},
		{"{is: number, as: digits}", "'012'", "012"},
		{"{is: number, as: digits, size: 3, width: 4}", "'012'", "0012"},
		{"{is: number, as: digits}", "'x12'", "refused not digits: 78 31 32"},
		{"{is: number, as: digits, width: 3}", "'0000000001'", "refused number is none: 30 30 30 30 30 30 30 30 30 31"},
		{"{is: number, as: bcd}", "00 12", "0012"},
		{"{is: number, as: bcd}", "1A", "refused not BCD: 1A"},
		{"{is: number, as: bcd, width: 3}", "A1", "refused number is none: A1"},
		{"{is: number, as: ascii}", "'A1' 00", "A1"},
		{"{is: number, as: ascii}", "'a1'", "-"},
		{"{is: number, as: ascii}", "'AAAA12345678'", "AAAA12345678"},
		{"{is: number, as: ascii, pattern: '.*'}", "'AAAAAAAAAAAAAAAAA'", "-"},
		{"{is: number, as: gb18030, pattern: '^.[0-9]$'}", "BC D7 31", "甲1"},
		{"{is: number, as: gb18030, pattern: '^.$'}", "95 34 B2 35", "𠮷"},
		{"{is: number, as: bcd, width: 3}", "00 12", "012"},
		{"{is: number, as: u16be}", "07", "refused 1 bytes of data are too few"},
		{"{is: number, as: u8}", "07 08", "refused 2 bytes of data are 1 too many"},
		{"{is: seq, as: digits, size: 1}, {is: number, as: ascii}", "'xA1'", "refused seq is no number: 78"},
		{"{is: number, as: gb18030}", "BC", "refused not GB18030: BC"},
		{"{is: number, as: hex}", "'0aF'", "-"}, // a number of hex digits is not one as it stands
		{"{is: number, as: hex, width: 3}", "'0c'", "012"},
		{"{is: number, as: hex}", "'0G'", "refused not digits: 30 47"},
		{"{is: number, as: hex, width: 3}", "'123456789'", "refused number is none: 31 32 33 34 35 36 37 38 39"},
		{"{is: number, as: utf8, pattern: '^.[0-9]$'}", "E7 94 B2 31", "甲1"},
		{"{is: number, as: utf8}", "FF", "refused not UTF-8: FF"},
		{"{is: number, as: segments}", "77 3F 06 5B", "A012"},
		{"{is: number, as: segments}", "77 BF 06 5B", "-"},
		{"{is: number, as: segments}", "00 80 00", "-"},
		{"{is: number, as: segments}", "09", "refused no such character in segments: 09"},
		{"{is: number, as: u8, bits: 4-7}", "7F", "7"},
		{"{is: number, as: u16be, bits: 0-9, width: 4}", "FC 0C", "0012"},
		{"{is: number, as: u32be, bits: 0-31}", "00 00 00 0C", "12"},
		{"{is: number, as: bcd, size: 2, bits: 0}", "00 13", "1"},
		{"{is: number, as: u8, names: {3: C}}, {is: number, as: u8, width: 3}", "03 0C", "C012"},
		{"{is: number, as: u8, bits: 0-1, names: {3: C}}, {is: number, as: u8, width: 3}", "FF 0C", "C012"},
		{"{is: number, as: u8, names: {3: C}}, {is: number, as: u8}", "04 0C", "refused 04 has no name"},
		{"{is: constant, bytes: \"'K1'\"}, {is: number, as: ascii}", "'K1A7'", "A7"},
		{"{is: constant, bytes: \"'K1'\"}, {is: number, as: ascii}", "'K2A7'", "refused no message for such a frame"},
		{"{is: number, as: ascii}, {is: constant, bytes: 0D}", "'A7' 0D", "A7"},
		{"{is: address, as: u8}, {is: number, as: ascii}", "09 'A7'", "address 9 A7"},
	} {
		p, err := Parse("x.yaml", []byte(`
about: {zh: x}
frame: [{part: constant, bytes: 02}, {part: length, as: digits, size: 2, from: data, to: data}, {part: data, max: 32}]
messages: [{kind: call, fields: [`+c.field+`]}]`))
		if err != nil {
			t.Errorf("%s: %v", c.field, err)
			continue
		}
		data := hexBytes(t, c.sent)
		got := play(p, append(fmt.Appendf(nil, "\x02%02d", len(data)), data...), 2).said
		want := "call -1 " + c.want
		switch {
		case strings.HasPrefix(c.want, "refused"):
			want = c.want
		case strings.HasPrefix(c.want, "address "):
			want = "call " + strings.TrimPrefix(c.want, "address ")
		case c.want == "-":
			want = "alive -1"
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s % X: got %q, want %q", c.field, data, got, want)
		}
	}
}

// An ASCII keypad: everything is digits, and the answer has an ending of its own.
func TestAnswers(t *testing.T) {
	for _, c := range []struct{ frame, answer, sent, want string }{
		{
			`[{part: constant, bytes: "'$'"}, {part: address, as: digits, size: 2}, {part: data, max: 9}, {part: end, one_of: ["'#'", 0D 0A]}]`,
			"{end: 0D 0A, data: [{bytes: \"'OK'\"}, {copy: seq}]}", "$07P2123#", "$07OK123\r\n",
		},
		{
			`[{part: constant, bytes: "'$'"}, {part: length, as: digits, size: 3, from: first, to: last, add: -4}, {part: data, max: 9}]`,
			"{data: [{copy: level}, {copy: seq}]}", "$005P2123", "$0042123",
		},
		{
			`[{part: constant, bytes: "'$'"}, {part: length, as: u16be, from: data, to: data}, {part: data, max: 9}]`,
			"{data: [{copy: data}]}", "$\x00\x05P2123", "$\x00\x05P2123",
		},
	} {
		end := ""
		if strings.Contains(c.frame, "end") {
			end = `, end: "'#'"`
		}
		p, err := Parse("x.yaml", []byte("about: {zh: x}\nframe: "+c.frame+"\nmessages: [{kind: rating"+end+
			", fields: [{is: skip, size: 1}, {is: level, as: digits, size: 1, map: {1: 1, 2: 3}}, {is: seq, as: digits}], answer: "+c.answer+"}]"))
		if err != nil {
			t.Error(err)
			continue
		}
		var got []Event
		p.NewDecoder().Feed([]byte(c.sent), func(ev Event) { got = append(got, ev) }, nil)
		if len(got) != 1 || got[0].Level != 3 || got[0].Seq != 123 || string(got[0].Answer) != c.want {
			t.Errorf("%q: got %+v, want the answer %q", c.sent, got, c.want)
		}
	}
}

// An event's number and answer stay as they are; its frame does so until the next call.
func TestWhatStays(t *testing.T) {
	p := mustLoad(t, "rating-keypad")
	var events []Event
	d := p.NewDecoder()
	stream := hexBytes(t, "AA 55 06 03 01 41 30 31 32 76 AA 55 05 03 02 04 2A 01 2B")
	d.Feed(stream, func(ev Event) { events = append(events, ev) }, nil)
	if len(events) != 2 || string(events[0].Raw) != string(stream[:10]) || string(events[1].Raw) != string(stream[10:]) {
		t.Fatalf("got %+v", events)
	}
	answer := string(events[1].Answer)
	d.Feed(make([]byte, 100), nil, nil)
	if events[0].Number != "A012" || string(events[1].Answer) != answer || events[1].Kind != hall.KindRating {
		t.Errorf("got %+v", events)
	}
}

func TestResetForgets(t *testing.T) {
	d := mustLoad(t, "rating-keypad").NewDecoder()
	p := &player{d: d}
	good := hexBytes(t, "AA 55 02 01 03 00")
	d.Feed(good[:4], p.event, p.refused)
	d.Reset()
	d.Feed(good, p.event, p.refused)
	d.Feed(good[:4], p.event, p.refused)
	d.Flush(p.refused)
	d.Feed(good, p.event, p.refused)
	if want := []string{"alive 1", "refused half a frame, then silence", "alive 1"}; !slices.Equal(p.said, want) {
		t.Errorf("got %q", p.said)
	}
}

// Noise without an end is reported in pieces, and kept in none.
func TestEndlessNoise(t *testing.T) {
	for _, name := range Builtins() {
		d := mustLoad(t, name).NewDecoder()
		p := &player{d: d}
		for range 100 {
			d.Feed([]byte(strings.Repeat("\x00\x7E\xC3", 1000)), p.event, p.refused)
			if got := len(d.buf) - d.run; got > MaxNoise {
				t.Fatalf("%s keeps %d bytes", name, got)
			}
		}
		d.Feed(nil, nil, nil)
		if n := cap(d.buf); len(p.said) < 300_000/MaxNoise || len(p.said) > 300_000/MaxNoise+1 || n > MaxKept {
			t.Errorf("%s: %d refusals, %d bytes kept", name, len(p.said), n)
		}
	}
}

func TestCheckValues(t *testing.T) {
	for name, want := range map[string]uint16{ // of "123456789", from the catalogue of parametrised CRC algorithms
		"crc8": 0xF4, "crc16-modbus": 0x4B37, "crc16-ccitt-false": 0x29B1, "crc16-xmodem": 0x31C3, "crc16-kermit": 0x2189, "crc16-x25": 0x906E,
		"sum8": 0xDD, "xor8": 0x31, "lrc8": 0x23, "not8": 0x22, "sum16": 0x01DD,
	} {
		c := checkOf(&partIn{Kind: name})
		if got := c.of([]byte("123456789")); got != want {
			t.Errorf("%s is %04X, want %04X", name, got, want)
		}
		for _, how := range []partIn{{}, {As: "hex"}, {As: "hex", Order: "low"}, {Order: "low"}, {Order: "high"}} {
			how.Kind = name
			c := checkOf(&how)
			b := make([]byte, c.width())
			c.put(b, want)
			if got, ok := c.read(b); got != want || !ok {
				t.Errorf("%+v: % X is read as %04X", how, b, got)
			}
		}
	}
	if got := checkOf(&partIn{Kind: "xor8", Seed: 0xFF}).of([]byte{0x0F}); got != 0xF0 {
		t.Errorf("xor8 with a seed %02X", got)
	}
	if got := (check{sum: sum8}).of([]byte{0xFF, 0x03}); got != 2 {
		t.Errorf("sum8 %02X", got)
	}
}

// What no message describes is refused, unless the profile says that it may be ignored.
func TestOther(t *testing.T) {
	const frame = "about: {zh: x}\nframe: [{part: constant, bytes: \"'$'\"}, {part: data, max: 4}, {part: end, one_of: [\"'#'\", 0D]}]\n"
	for other, want := range map[string]string{"refuse": "refused no message for ending 0D", "ignore": "alive -1"} {
		p, err := Parse("x.yaml", []byte(frame+"messages: [{end: \"'#'\", kind: heartbeat}]\nother: "+other))
		if err != nil {
			t.Fatal(err)
		}
		if got := play(p, []byte("$\r$12#"), 2).said; !slices.Equal(got, []string{want, "alive -1"}) {
			t.Errorf("%s: %q", other, got)
		}
	}
}

func TestTextsAreComplete(t *testing.T) {
	var problems conf.Errors
	_, err := Parse("x.yaml", []byte("about: {zh: x}\nframe: [{part: data}, {part: end}]\nmessages: [{kind: call}]"))
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	for _, p := range problems {
		if p.Message.ZH == "" || p.Message.EN == "" || strings.Contains(p.Error(), "%!") {
			t.Errorf("%+v", p)
		}
	}
}

// crc16 is CRC-16/MODBUS.
func crc16(b []byte) uint16 { return crcLow(0xFFFF, 0xA001, b) }
