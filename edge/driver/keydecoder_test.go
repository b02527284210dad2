package driver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// encode is an event as the kernel writes it.
func encode(size int, e InputEvent) []byte {
	p, order := make([]byte, size), binary.NativeEndian
	sec, usec := uint64(e.At/time.Second), uint64(e.At%time.Second/time.Microsecond)
	if size == InputEventSize64 {
		order.PutUint64(p, sec)
		order.PutUint64(p[8:], usec)
	} else {
		order.PutUint32(p, uint32(sec))
		order.PutUint32(p[4:], uint32(usec))
	}
	tail := p[size-8:]
	order.PutUint16(tail, e.Type)
	order.PutUint16(tail[2:], e.Code)
	order.PutUint32(tail[4:], uint32(e.Value))
	return p
}

// packet is a scan code, a change of a key and a report, as a keypad sends them.
func packet(size int, code uint16, value int32) []byte {
	return slices.Concat(encode(size, InputEvent{Type: 4, Code: 4, Value: 0x70059}),
		encode(size, InputEvent{At: 1500 * time.Millisecond, Type: evKey, Code: code, Value: value}), encode(size, InputEvent{}))
}

func dropped(size int) []byte { return encode(size, InputEvent{Code: synDropped}) }

// holder is what a device says is held.
type holder struct {
	set   KeySet
	fail  error
	asked int
}

func (h *holder) held() (KeySet, error) {
	h.asked++
	return h.set, h.fail
}

func decoder(t *testing.T, size int, h *holder) *KeyDecoder {
	t.Helper()
	d, err := NewKeyDecoder(size, h.held)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// told gives all that was fed as text, e.g. "79+ lost 79-".
func told(t *testing.T, d *KeyDecoder) string {
	t.Helper()
	var out []string
	for e, err, ok := d.Take(); ok; e, err, ok = d.Take() {
		switch {
		case errors.Is(err, ErrKeysLost):
			out = append(out, "lost")
		case err != nil:
			t.Fatal(err)
		case len(e.Raw) == 0:
			t.Fatalf("%+v has nothing raw", e)
		default:
			out = append(out, fmt.Sprintf("%d%c", e.Code, "-+="[e.Value]))
		}
	}
	return strings.Join(out, " ")
}

func feed(t *testing.T, d *KeyDecoder, chunks ...[]byte) string {
	t.Helper()
	if err := d.Feed(slices.Concat(chunks...)); err != nil {
		t.Fatal(err)
	}
	return told(t, d)
}

// each runs a test for both sizes of an event.
func each(t *testing.T, test func(t *testing.T, size int)) {
	for _, size := range []int{InputEventSize32, InputEventSize64} {
		t.Run(fmt.Sprint(size), func(t *testing.T) { test(t, size) })
	}
}

func TestKeysOfGoldenEvents(t *testing.T) {
	littleEndian(t)
	for _, s := range []string{golden32, golden64} {
		p := fromHex(t, s)
		d := decoder(t, len(p), &holder{})
		if err := d.Feed(p); err != nil {
			t.Fatal(err)
		}
		e, err, ok := d.Take()
		if err != nil || !ok || e.Code != 79 || e.Value != KeyDown || e.At != 1600000000123456*time.Microsecond || !bytes.Equal(e.Raw, p) {
			t.Errorf("%s: %+v, %v, %t", s, e, err, ok)
		}
		if _, _, ok := d.Take(); ok {
			t.Errorf("%s: more than was fed", s)
		}
	}
}

func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, size int) {
		d := decoder(t, size, &holder{})
		for _, c := range []struct {
			code  uint16
			value int32
			want  string
		}{
			{79, KeyDown, "79+"}, {79, KeyRepeat, "79="}, {79, KeyDown, ""}, {80, KeyDown, "80+"}, {79, KeyUp, "79-"}, {79, KeyUp, ""},
			{maxKey, KeyDown, "767+"}, {maxKey + 1, KeyDown, ""}, {0xFFFF, KeyDown, ""}, {81, 3, ""}, {81, -1, ""},
		} {
			if got := feed(t, d, packet(size, c.code, c.value)); got != c.want {
				t.Errorf("key %d, value %d: %q, not %q", c.code, c.value, got, c.want)
			}
		}
	})
}

func TestHalfEvents(t *testing.T) {
	each(t, func(t *testing.T, size int) {
		all := slices.Concat(packet(size, 79, KeyDown), packet(size, 79, KeyUp), dropped(size), packet(size, 80, KeyDown), packet(size, 81, KeyDown))
		for step := 1; step <= len(all); step++ {
			d, got := decoder(t, size, &holder{}), []string{}
			for chunk := range slices.Chunk(all, step) {
				chunk = bytes.Clone(chunk)
				if s := feed(t, d, chunk); s != "" {
					got = append(got, s)
				}
				clear(chunk) // a caller reads into the same buffer again
			}
			if s := strings.Join(got, " "); s != "79+ 79- lost 81+" {
				t.Fatalf("in steps of %d: %q", step, s)
			}
		}
	})
}

func TestHeldAtTheStartIsNoPress(t *testing.T) {
	each(t, func(t *testing.T, size int) {
		h := &holder{}
		h.set.Set(79, true)
		d := decoder(t, size, h)
		if got := feed(t, d, packet(size, 79, KeyDown), packet(size, 79, KeyUp), packet(size, 79, KeyDown)); got != "79- 79+" {
			t.Errorf("got %q", got)
		}
	})
}

func TestLostKeys(t *testing.T) {
	each(t, func(t *testing.T, size int) {
		h := &holder{}
		d := decoder(t, size, h)
		if got := feed(t, d, packet(size, 79, KeyDown), packet(size, 80, KeyDown)); got != "79+ 80+" {
			t.Fatalf("got %q", got)
		}
		h.set = KeySet{} // 79 was released and 81 pressed, unheard; 80 is held still
		h.set.Set(80, true)
		h.set.Set(81, true)
		if got := feed(t, d, dropped(size), encode(size, InputEvent{Type: evKey, Code: 90, Value: KeyDown})); got != "" || h.asked != 1 {
			t.Errorf("before the report: %q, asked %d times", got, h.asked)
		}
		if got := feed(t, d, dropped(size), encode(size, InputEvent{})); got != "lost 79- 81+" || h.asked != 2 {
			t.Errorf("got %q, asked %d times", got, h.asked)
		}
		if got := feed(t, d, packet(size, 81, KeyUp), packet(size, 82, KeyDown)); got != "81- 82+" {
			t.Errorf("afterwards: %q", got)
		}
	})
}

func TestHeldKeysFail(t *testing.T) {
	gone := errors.New("gone")
	if _, err := NewKeyDecoder(InputEventSize, (&holder{fail: gone}).held); !errors.Is(err, gone) {
		t.Errorf("at the start: %v", err)
	}
	for _, size := range []int{0, 8, 20, 48} {
		if _, err := NewKeyDecoder(size, (&holder{}).held); !errors.Is(err, errEvent) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	h := &holder{}
	d := decoder(t, InputEventSize, h)
	h.fail = gone
	if err := d.Feed(append(dropped(InputEventSize), encode(InputEventSize, InputEvent{})...)); !errors.Is(err, gone) {
		t.Errorf("after lost events: %v", err)
	}
}

func TestFeedThrowsAwayWhatIsNoEvent(t *testing.T) {
	bad := bytes.Repeat([]byte{0xFF}, InputEventSize64)
	d := decoder(t, InputEventSize64, &holder{})
	if err := d.Feed(slices.Concat(bad, packet(InputEventSize64, 79, KeyDown), []byte{1})); !errors.Is(err, errEvent) {
		t.Fatalf("got %v", err)
	}
	if got := feed(t, d, packet(InputEventSize64, 80, KeyDown)); got != "80+" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestKeySet(t *testing.T) {
	var s KeySet
	for _, code := range []uint16{0, 7, 8, maxKey} {
		s.Set(code, true)
		if !s.Has(code) || s.Has(code^1) {
			t.Errorf("key %d", code)
		}
		s.Set(code, false)
	}
	s.Set(maxKey+1, true)
	if s != (KeySet{}) || s.Has(maxKey+1) || s.Has(0xFFFF) {
		t.Errorf("got %x", s)
	}
}
