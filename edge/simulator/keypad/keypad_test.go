package keypad

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"hallpulse/edge/simulator/line"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a keypad at address 3 and the gateway's end of its wire.
type rig struct {
	t    *testing.T
	line *line.Line
	pad  *Keypad
	far  *os.File
}

func newRig(t *testing.T, heartbeat, resend time.Duration) *rig {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "keypad"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, line: l, pad: New(Options{Line: l, Address: 3, Heartbeat: heartbeat, Resend: resend})}
	r.open()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { r.pad.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait(); _ = r.far.Close(); _ = l.Close() })
	return r
}

// open is a gateway that starts.
func (r *rig) open() {
	r.t.Helper()
	fd, err := unix.Open(r.line.Path(), unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	r.far = os.NewFile(uintptr(fd), r.line.Path())
	if err := r.far.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) expect(want ...byte) {
	r.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r.far, got); err != nil || !bytes.Equal(got, want) {
		r.t.Fatalf("got % X, %v, want % X", got[:n], err, want)
	}
}

func (r *rig) write(p ...byte) {
	r.t.Helper()
	if _, err := r.far.Write(p); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) press(level int, want uint32) {
	r.t.Helper()
	if seq, err := r.pad.Press(level); seq != want || err != nil {
		r.t.Fatalf("press: %d, %v", seq, err)
	}
}

func (r *rig) drained() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 5*time.Second)
	defer cancel()
	if err := r.pad.Drained(ctx); err != nil {
		r.t.Fatal(err)
	}
}

var (
	heartbeat = []byte{0xAA, 0x55, 2, 3, 3, 2}
	rated1    = []byte{0xAA, 0x55, 5, 3, 2, 5, 0, 1, 5 ^ 3 ^ 2 ^ 5 ^ 1}
	answer1   = []byte{0xAA, 0x55, 4, 3, 0x82, 0, 1, 4 ^ 3 ^ 0x82 ^ 1}
)

func TestPressIsRepeatedUntilAnswered(t *testing.T) {
	r := newRig(t, time.Hour, 30*time.Millisecond)
	r.expect(heartbeat...)
	r.press(5, 1)
	for range 3 {
		r.expect(rated1...)
	}
	wrong := slices.Clone(answer1)
	wrong[7] ^= 1
	r.write(wrong...)                                 // damaged
	r.write(0xAA, 0x55, 4, 7, 0x82, 0, 1, 4^7^0x82^1) // another keypad's
	r.write(0xAA, 0x55, 4, 3, 0x82, 0, 2, 4^3^0x82^2) // another press's
	r.expect(rated1...)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.pad.Drained(ctx); !errors.Is(err, context.DeadlineExceeded) || r.pad.Unacked() != 1 {
		t.Fatalf("drained: %v, %d", err, r.pad.Unacked())
	}
	r.write(append([]byte{0xAA}, answer1[:3]...)...)
	r.write(answer1[3:]...)
	r.drained()
}

func TestPressOutlivesGatewayAndWire(t *testing.T) {
	r := newRig(t, time.Hour, 20*time.Millisecond)
	r.expect(heartbeat...) // the one of its start
	_ = r.far.Close()
	r.press(5, 1)
	if err := r.line.Unplug(true); err != nil {
		t.Fatal(err)
	}
	r.press(4, 2)
	if err := r.pad.Invite("A012"); !errors.Is(err, line.ErrUnplugged) {
		t.Errorf("invite on a pulled wire: %v", err)
	}
	if err := r.line.Unplug(false); err != nil {
		t.Fatal(err)
	}
	r.open()
	r.expect(rated1...)
	r.expect(0xAA, 0x55, 5, 3, 2, 4, 0, 2, 5^3^2^4^2)
	r.write(answer1...)
	r.write(0xAA, 0x55, 4, 3, 0x82, 0, 2, 4^3^0x82^2)
	r.drained()
}

func TestInviteAndHeartbeat(t *testing.T) {
	r := newRig(t, 40*time.Millisecond, time.Hour)
	for range 3 {
		r.expect(heartbeat...)
	}
	r.pad.Mute(true)
	if _, err := r.pad.Press(5); !errors.Is(err, ErrMuted) {
		t.Errorf("press of a keypad that is off: %v", err)
	}
	if err := r.pad.Invite("A012"); err != nil {
		t.Fatal(err)
	}
	invite := []byte{0xAA, 0x55, 6, 3, 1, 'A', '0', '1', '2', 6 ^ 3 ^ 1 ^ 'A' ^ '0' ^ '1' ^ '2'}
	got := make([]byte, 6)
	for { // a heartbeat may have been before the keypad went off
		if _, err := io.ReadFull(r.far, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, heartbeat) {
			break
		}
	}
	if !bytes.Equal(got, invite[:6]) {
		t.Fatalf("got % X", got)
	}
	r.expect(invite[6:]...)
	r.pad.Mute(false)
	r.expect(heartbeat...)
}

func TestFaults(t *testing.T) {
	r := newRig(t, time.Hour, time.Hour)
	r.expect(heartbeat...)
	r.pad.SetFaults(Faults{Bounce: true, Noise: true})
	r.press(5, 1)
	r.expect(slices.Concat([]byte{0x00, 0xFF, 0x07}, rated1, rated1)...)
	r.pad.SetFaults(Faults{Damaged: 1})
	r.press(4, 2)
	r.expect(0xAA, 0x55, 5, 3, 2, 4, 0, 2, 5^3^2^4^2^0x20)
	r.press(4, 3)
	r.expect(0xAA, 0x55, 5, 3, 2, 4, 0, 3, 5^3^2^4^3)
}

func TestMemoryIsBounded(t *testing.T) {
	r := newRig(t, time.Hour, time.Hour)
	if err := r.line.Unplug(true); err != nil {
		t.Fatal(err)
	}
	for i := range memory {
		r.press(5, uint32(i+1))
	}
	if _, err := r.pad.Press(5); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
}
