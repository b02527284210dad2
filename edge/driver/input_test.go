package driver

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

// Events as evtest and hexdump show them on little-endian machines: 1600000000.123456 s, KEY_KP1 down.
const (
	golden64 = "0010 5e5f 0000 0000 40e2 0100 0000 0000 0100 4f00 0100 0000"
	golden32 = "0010 5e5f 40e2 0100 0100 4f00 0100 0000"
)

// littleEndian skips a test of golden bytes where the kernel writes others.
func littleEndian(t *testing.T) {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("golden bytes are of a little-endian machine")
	}
}

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecodeInputEvent(t *testing.T) {
	littleEndian(t)
	at := 1600000000*time.Second + 123456*time.Microsecond
	for _, c := range []struct {
		hex  string
		want InputEvent
	}{
		{golden64, InputEvent{At: at, Type: evKey, Code: 79, Value: KeyDown}},
		{golden32, InputEvent{At: at, Type: evKey, Code: 79, Value: KeyDown}},
		{"0100 0000 0000 0000 0000 0000 0000 0000 0400 0400 5900 0700", InputEvent{At: time.Second, Type: 4, Code: 4, Value: 0x70059}}, // MSC_SCAN
		{"0100 0000 0000 0000 0000 0300 0000 0000", InputEvent{At: time.Second, Code: synDropped}},
		{"ffff ffff 0000 0000 0100 4f00 ffff ffff", InputEvent{At: (1<<32 - 1) * time.Second, Type: evKey, Code: 79, Value: -1}},
	} {
		if e, err := DecodeInputEvent(fromHex(t, c.hex)); err != nil || e != c.want {
			t.Errorf("%s: %+v, %v", c.hex, e, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	littleEndian(t)
	for _, s := range []string{
		"", "00", golden32[:len(golden32)-2], golden64 + "00",
		"ffff ffff ffff ffff 0000 0000 0000 0000 0100 4f00 0100 0000", // before the clock began
		"ffff ffff ffff ff7f 0000 0000 0000 0000 0100 4f00 0100 0000", // beyond what a duration holds
		"0100 0000 0000 0000 4042 0f00 0000 0000 0100 4f00 0100 0000", // 1,000,000 µs
		"0100 0000 0000 0000 ffff ffff ffff ffff 0100 4f00 0100 0000",
		"0100 0000 4042 0f00 0100 4f00 0100 0000",
	} {
		if e, err := DecodeInputEvent(fromHex(t, s)); !errors.Is(err, errEvent) || !strings.HasPrefix(err.Error(), "driver: ") {
			t.Errorf("%s: %+v, %v", s, e, err)
		}
	}
}
