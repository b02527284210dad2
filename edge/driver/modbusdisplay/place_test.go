package modbusdisplay

import (
	"errors"
	"testing"

	"hallpulse/firmware-bridge/modbus"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		place Place
		data  string
		want  string
		err   error
	}{
		{Place{}, "A012\x00\x00\x00\x00\x00\x00\x00\x00", "A012", nil},
		{Place{}, "A012    \x00\xFF\xFF\xFF", "A012", nil},
		{Place{}, "\x00\x00", "", nil},
		{Place{}, "        ", "", nil},
		{Place{}, "P2.3\x00\x00", "P2.3", nil},
		{Place{}, "ABCDEFGHIJKL", "ABCDEFGHIJKL", nil},
		{Place{}, "A0\xB0\x32", "", errEncoding},
		{Place{Prefix: "B"}, "12\x00\x00", "B12", nil},
		{Place{Encoding: Int}, "\x00\x2A", "42", nil},
		{Place{Encoding: Int, Prefix: "A", Digits: 3}, "\x00\x2A", "A042", nil},
		{Place{Encoding: Int, Digits: 3}, "\x27\x0F", "9999", nil},
		{Place{Encoding: Int, Digits: 3, Prefix: "A"}, "\x00\x00", "", nil},
		{Place{Encoding: Int}, "\xFF\xFF", "", errEncoding},
		{Place{Encoding: Int}, "\x00\x01\x86\xA0", "100000", nil},
		{Place{Encoding: Int}, "\x00", "", errEncoding},
		{Place{Encoding: BCD}, "\x00\x42", "42", nil},
		{Place{Encoding: BCD, Digits: 4}, "\xFF\xFF\x00\x42", "0042", nil},
		{Place{Encoding: BCD}, "\xFF\xFF", "", nil},
		{Place{Encoding: BCD}, "\x1A\x00", "", errEncoding},
	} {
		if got, err := c.place.complete().text([]byte(c.data)); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%+v % X: %q, %v", c.place, c.data, got, err)
		}
	}
}

func TestWritten(t *testing.T) {
	value := Place{Register: 0x88, Encoding: Int}.complete()
	text := Place{Register: 0x70}.complete()
	for _, c := range []struct {
		place Place
		q     modbus.Request
		want  string
		err   error
	}{
		{text, modbus.Write(1, 0x70, 0x4130, 0x3132, 0, 0, 0, 0), "A012\x00\x00\x00\x00\x00\x00\x00\x00", nil},
		{text, modbus.Write(1, 0x70, 0x4130, 0x3132), "A012", nil},
		{text, modbus.Write(1, 0x6F, 9, 0x4130, 0x3132), "A012", nil},
		{text, modbus.Write(1, 0x71, 0x4130), "", errPart},
		{text, modbus.Write(1, 0x76, 1), "", nil},
		{text, modbus.Write(1, 0x6F, 1), "", nil},
		{text, modbus.Read(1, modbus.ReadHolding, 0x70, 6), "", nil},
		{value, modbus.Request{Address: 1, Function: modbus.WriteRegister, Start: 0x88, Count: 1, Data: []byte{0, 42}}, "\x00\x2A", nil},
		{value, modbus.Write(1, 0x87, 1, 42, 3), "\x00\x2A", nil},
		{Place{Register: 0x88, Encoding: Int, Count: 2}, modbus.Write(1, 0x88, 1), "", errPart},
		{value, modbus.Request{Address: 1, Function: modbus.WriteCoil, Start: 0x88, Count: 1, Data: []byte{0, 0}}, "", nil},
	} {
		if got, err := c.place.written(c.q); string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%+v: %q, %v", c.q, got, err)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add([]byte("A012\x00\x00"), uint8(0), uint16(0x70))
	f.Add([]byte{0x00, 0x2A}, uint8(1), uint16(0x6F))
	f.Add([]byte{0xFF, 0x42, 0x1A, 0}, uint8(2), uint16(0x71))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8, start uint16) {
		p := Place{Register: 0x70, Encoding: []Encoding{ASCII, Int, BCD}[kind%3], Digits: 3}.complete()
		if text, err := p.text(data); err != nil && text != "" {
			t.Errorf("%q and %v", text, err)
		}
		q := modbus.Write(1, start, modbus.Registers(data)...)
		if _, err := q.Encode(); err != nil {
			return
		}
		if got, err := p.written(q); len(got) > 2*p.Count || err != nil && got != nil {
			t.Errorf("% X, %v", got, err)
		}
	})
}
