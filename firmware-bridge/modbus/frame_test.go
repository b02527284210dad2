package modbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCRC(t *testing.T) {
	if got := CRC([]byte("123456789")); got != 0x4B37 {
		t.Errorf("%04X", got)
	}
}

// Frames of the makers of LED displays, of the standard and of simonvetter/modbus.
var golden = []struct {
	request, reply string
	q              Request
	r              Reply
}{
	{"01 10 00 70 00 06 0C 41 30 31 32 00 00 00 00 00 00 00 00 30 94", "01 10 00 70 00 06 41 D0",
		Request{1, WriteRegisters, 0x70, 6, []byte("A012\x00\x00\x00\x00\x00\x00\x00\x00")}, Reply{Address: 1, Function: WriteRegisters, Start: 0x70, Count: 6}},
	{"01 06 00 88 00 2A 88 3F", "01 06 00 88 00 2A 88 3F",
		Request{1, WriteRegister, 0x88, 1, []byte{0, 42}}, Reply{Address: 1, Function: WriteRegister, Start: 0x88, Data: []byte{0, 42}}},
	{"01 03 00 88 00 01 04 20", "01 03 02 00 2A 39 9B",
		Request{1, ReadHolding, 0x88, 1, nil}, Reply{Address: 1, Function: ReadHolding, Data: []byte{0, 42}}},
	{"01 10 00 70 00 06 0C 50 32 2E 33 00 00 00 00 00 00 00 00 3B 25", "01 10 00 70 00 06 41 D0",
		Request{1, WriteRegisters, 0x70, 6, []byte("P2.3\x00\x00\x00\x00\x00\x00\x00\x00")}, Reply{Address: 1, Function: WriteRegisters, Start: 0x70, Count: 6}},
	{"01 10 00 90 00 02 04 00 02 01 EA DB 1C", "01 10 00 90 00 02 41 E5",
		Request{1, WriteRegisters, 0x90, 2, []byte{0, 2, 1, 0xEA}}, Reply{Address: 1, Function: WriteRegisters, Start: 0x90, Count: 2}},
	{"11 03 00 6B 00 03 76 87", "11 03 06 02 2B 00 00 00 64 C8 BA",
		Request{0x11, ReadHolding, 0x6B, 3, nil}, Reply{Address: 0x11, Function: ReadHolding, Data: []byte{2, 0x2B, 0, 0, 0, 0x64}}},
	{"01 03 00 00 00 0A C5 CD", "01 83 02 C0 F1",
		Request{1, ReadHolding, 0, 10, nil}, Reply{Address: 1, Function: ReadHolding, Exception: IllegalAddress}},
	{"01 06 00 24 00 05 09 C2", "01 86 06 C2 62",
		Request{1, WriteRegister, 0x24, 1, []byte{0, 5}}, Reply{Address: 1, Function: WriteRegister, Exception: Busy}},
}

func TestGolden(t *testing.T) {
	for _, g := range golden {
		request, reply := unhex(t, g.request), unhex(t, g.reply)
		if q, err := ParseRequest(request); err != nil || !reflect.DeepEqual(q, g.q) {
			t.Errorf("%s: %+v, %v", g.request, q, err)
		}
		if r, err := ParseReply(reply); err != nil || !reflect.DeepEqual(r, g.r) {
			t.Errorf("%s: %+v, %v", g.reply, r, err)
		}
		if p, err := g.q.Encode(); err != nil || !bytes.Equal(p, request) {
			t.Errorf("% X, %v, want %s", p, err, g.request)
		}
		if p, err := g.r.Encode(); err != nil || !bytes.Equal(p, reply) {
			t.Errorf("% X, %v, want %s", p, err, g.reply)
		}
		if !g.q.Answers(g.r) {
			t.Errorf("%s does not answer %s", g.reply, g.request)
		}
	}
	broadcast, err := Request{Broadcast, WriteRegister, 0x24, 1, []byte{0, 2}}.Encode()
	if err != nil || !bytes.Equal(broadcast, unhex(t, "00 06 00 24 00 02 49 D1")) {
		t.Errorf("% X, %v", broadcast, err)
	}
	if q := Write(1, 0x90, 2, 0x1EA); !reflect.DeepEqual(q, golden[4].q) {
		t.Errorf("%+v", q)
	}
}

func TestCoils(t *testing.T) {
	for _, q := range []Request{
		{9, ReadCoils, 3, 19, nil}, {9, ReadInputs, 65535, 1, nil}, {9, WriteCoil, 7, 1, []byte{0xFF, 0}},
		{9, WriteCoils, 0, 10, []byte{0xCD, 1}}, {9, ReadInput, 0, MaxRead, nil}, {Broadcast, WriteCoils, 0, 1, []byte{1}},
	} {
		p, err := q.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseRequest(p); err != nil || !reflect.DeepEqual(got, q) {
			t.Errorf("%+v, %v, want %+v", got, err, q)
		}
	}
	r := Reply{Address: 9, Function: ReadCoils, Data: []byte{1, 2, 3}}
	if p, err := r.Encode(); err != nil || len(p) != 8 || !golden0(ReadCoils, 19).Answers(r) || golden0(ReadCoils, 25).Answers(r) {
		t.Errorf("% X, %v", p, err)
	}
}

func golden0(f Function, count int) Request { return Request{Address: 9, Function: f, Count: count} }

func TestBadFrames(t *testing.T) {
	for want, frames := range map[error][]string{
		ErrLength: {"", "01 03", "01 03 00 00 00", "01 03 00 00 00 0A 00 C5 CD"},
		ErrCRC:    {"01 03 00 00 00 0A C5 CC", "02 03 00 00 00 0A C5 CD"},
	} {
		for _, s := range frames {
			if _, err := ParseRequest(unhex(t, s)); !errors.Is(err, want) && !errors.Is(err, ErrCRC) {
				t.Errorf("%s: %v, want %v", s, err, want)
			}
		}
	}
	for _, q := range []Request{
		{1, 7, 0, 1, nil}, {248, ReadHolding, 0, 1, nil}, {0, ReadHolding, 0, 1, nil}, {1, ReadHolding, 0, 0, nil}, {1, ReadHolding, 0, 126, nil},
		{1, ReadHolding, 65535, 2, nil}, {1, WriteRegister, 0, 1, []byte{1}}, {1, WriteRegisters, 0, 2, []byte{1, 2}}, {1, WriteCoil, 0, 1, []byte{1, 0}},
	} {
		if _, err := q.Encode(); !errors.Is(err, ErrContent) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	for _, r := range []Reply{
		{Address: 1, Function: 9}, {Address: 0, Function: ReadHolding, Data: []byte{1, 2}}, {Address: 1, Function: ReadHolding},
		{Address: 1, Function: ReadHolding, Data: []byte{1}}, {Address: 1, Function: WriteRegisters}, {Address: 1, Function: WriteRegister, Data: []byte{1}},
	} {
		if _, err := r.Encode(); !errors.Is(err, ErrContent) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if s := Exception(4).Error() + Exception(99).Error(); s != "modbus: exception 4, device failuremodbus: exception 99" {
		t.Error(s)
	}
}

// bank has registers 0x70 to 0x75.
type bank [6]uint16

func (b *bank) ReadRegisters(start uint16, count int) ([]uint16, error) {
	if start < 0x70 || int(start)+count > 0x76 {
		return nil, IllegalAddress
	}
	return b[start-0x70:][:count], nil
}

func (b *bank) WriteRegisters(start uint16, values []uint16) error {
	if start == 0x75 {
		return errors.New("broken")
	}
	if start < 0x70 || int(start)+len(values) > 0x76 {
		return IllegalAddress
	}
	copy(b[start-0x70:], values)
	return nil
}

func TestServe(t *testing.T) {
	b := &bank{}
	for _, c := range []struct {
		q      Request
		want   Reply
		silent bool
	}{
		{golden[0].q, golden[0].r, false},
		{Read(1, ReadHolding, 0x70, 2), Reply{Address: 1, Function: ReadHolding, Data: []byte("A012")}, false},
		{Read(1, ReadHolding, 0x70, 7), Reply{Address: 1, Function: ReadHolding, Exception: IllegalAddress}, false},
		{Read(1, ReadCoils, 0, 1), Reply{Address: 1, Function: ReadCoils, Exception: IllegalFunction}, false},
		{Write(1, 0x75, 1), Reply{Address: 1, Function: WriteRegisters, Exception: DeviceFailure}, false},
		{Write(1, 0x75), Reply{Address: 1, Function: WriteRegisters, Exception: IllegalValue}, false},
		{Request{0, WriteRegister, 0x70, 1, []byte("B0")}, Reply{Address: 0, Function: WriteRegister, Start: 0x70, Data: []byte("B0")}, true},
		{Read(2, ReadInput, 0x70, 1), Reply{Address: 2, Function: ReadInput, Data: []byte("B0")}, false},
	} {
		if r, answer := Serve(b, c.q); !reflect.DeepEqual(r, c.want) || answer == c.silent {
			t.Errorf("%+v: %+v, %v", c.q, r, answer)
		}
	}
	if got := Registers([]byte("A012x")); !reflect.DeepEqual(got, []uint16{0x4130, 0x3132}) {
		t.Errorf("%X", got)
	}
}
