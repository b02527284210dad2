package modbus_test

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	peer "github.com/simonvetter/modbus"
	"golang.org/x/sys/unix"

	"hallpulse/firmware-bridge/modbus"
)

// registers are those of an LED display.
type registers struct {
	mu     sync.Mutex
	values [6]uint16
}

func (r *registers) ReadRegisters(start uint16, count int) ([]uint16, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if start < 0x70 || int(start)+count > 0x76 {
		return nil, modbus.IllegalAddress
	}
	return append([]uint16(nil), r.values[start-0x70:][:count]...), nil
}

func (r *registers) WriteRegisters(start uint16, values []uint16) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if start < 0x70 || int(start)+len(values) > 0x76 {
		return modbus.IllegalAddress
	}
	copy(r.values[start-0x70:], values)
	return nil
}

// raw makes a pty that passes every byte.
func raw(t *testing.T) (near, far *os.File) {
	t.Helper()
	near, far, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	settings, err := unix.IoctlGetTermios(int(far.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	settings.Iflag, settings.Oflag, settings.Lflag = 0, 0, 0
	if err := unix.IoctlSetTermios(int(far.Fd()), unix.TCSETS, settings); err != nil {
		t.Fatal(err)
	}
	return near, far
}

// serve answers as the display at address 1 until the pty is closed, in two pieces with a pause: so do USB adapters.
func serve(near *os.File, r *registers) {
	d := modbus.NewSlaveDecoder()
	buf := make([]byte, 256)
	for {
		n, err := near.Read(buf)
		if err != nil {
			return
		}
		d.Feed(buf[:n], func(m modbus.Message) {
			if m.Request.Address != 1 {
				return
			}
			reply, answer := modbus.Serve(r, m.Request)
			if p, err := reply.Encode(); err == nil && answer {
				_, _ = near.Write(p[:3])
				<-time.After(20 * time.Millisecond)
				_, _ = near.Write(p[3:])
			}
		}, nil)
	}
}

// The most used master of Go speaks to this package's slave, and is overheard.
func TestPeerMaster(t *testing.T) {
	near, far := raw(t)
	r := &registers{}
	var wg sync.WaitGroup
	wg.Go(func() { serve(near, r) })
	c, err := peer.NewClient(&peer.ClientConfiguration{URL: "rtu://" + far.Name(), Speed: 9600, DataBits: 8, StopBits: 1, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	if err := c.SetUnitId(1); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteRegisters(0x70, modbus.Registers([]byte("A012\x00\x00\x00\x00\x00\x00\x00\x00"))); err != nil {
		t.Fatal(err)
	}
	if got, err := c.ReadRegisters(0x70, 6, peer.HOLDING_REGISTER); err != nil || got[0] != 0x4130 || got[1] != 0x3132 {
		t.Errorf("%X, %v", got, err)
	}
	if err := c.WriteRegister(0x71, 0x3133); err != nil {
		t.Error(err)
	}
	if got, err := c.ReadRegister(0x71, peer.INPUT_REGISTER); err != nil || got != 0x3133 {
		t.Errorf("%X, %v", got, err)
	}
	if _, err := c.ReadRegister(0x88, peer.HOLDING_REGISTER); !errors.Is(err, peer.ErrIllegalDataAddress) {
		t.Errorf("%v", err)
	}
	if _, err := c.ReadCoils(0, 3); !errors.Is(err, peer.ErrIllegalFunction) {
		t.Errorf("%v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_ = far.Close()
	_ = near.Close()
	wg.Wait()
}
