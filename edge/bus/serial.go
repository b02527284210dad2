package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"hallpulse/edge/driver"
)

var _ driver.PortOpener = (*Serial)(nil)

// readTime is how long a read waits for a byte: a driver looks at its context in between.
const readTime = 500 * time.Millisecond

// ErrInUse says that another device of this gateway, or another program, has the port or line.
var ErrInUse = errors.New("in use")

// SerialOptions names a port and its line settings, in the spellings of the configuration.
type SerialOptions struct {
	Port     string // a path; links are followed
	Baud     int    // 0: 9600
	DataBits int    // 5 to 8; 0: 8
	Parity   string // none, odd, even, mark, space; empty: none
	StopBits string // 1, 2; empty: 1
}

// Serial opens one serial port.
type Serial struct{ o SerialOptions }

// NewSerial gives an opener; it opens nothing.
func NewSerial(o SerialOptions) *Serial { return &Serial{o: o} }

// OpenPort opens the port and throws away what was received before. It fails with [ErrInUse] while somebody has it open,
// with [fs.ErrNotExist] when its device is not plugged in, and with [driver.ErrPermanent] when its settings are impossible.
func (s *Serial) OpenPort() (driver.Port, error) {
	p, err := s.open()
	if err != nil {
		return nil, fmt.Errorf("bus: serial port %s: %w", s.o.Port, explain(err))
	}
	return p, nil
}

func (s *Serial) open() (*port, error) {
	m, err := s.mode()
	if err != nil {
		return nil, err
	}
	lock, err := lockPort(s.o.Port)
	if err != nil {
		return nil, err
	}
	sp, err := serial.Open(s.o.Port, m)
	if err != nil {
		return nil, errors.Join(err, unix.Close(lock))
	}
	p := &port{port: sp, lock: lock}
	err = sp.SetReadTimeout(readTime)
	if err == nil {
		err = sp.ResetInputBuffer()
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// mode translates the settings. The modem lines are left as they are: ptys and many adapters have none.
func (s *Serial) mode() (*serial.Mode, error) {
	m := &serial.Mode{BaudRate: s.o.Baud, DataBits: s.o.DataBits}
	if m.BaudRate == 0 {
		m.BaudRate = 9600
	}
	if m.DataBits == 0 {
		m.DataBits = 8
	}
	parities := map[string]serial.Parity{"": serial.NoParity, "none": serial.NoParity, "odd": serial.OddParity,
		"even": serial.EvenParity, "mark": serial.MarkParity, "space": serial.SpaceParity}
	stops := map[string]serial.StopBits{"": serial.OneStopBit, "1": serial.OneStopBit, "2": serial.TwoStopBits}
	var ok bool
	if m.Parity, ok = parities[s.o.Parity]; !ok {
		return nil, fmt.Errorf("parity %q: use none, odd, even, mark or space: %w", s.o.Parity, driver.ErrPermanent)
	}
	if m.StopBits, ok = stops[s.o.StopBits]; !ok {
		return nil, fmt.Errorf("%s stop bits: the system can do 1 or 2: %w", s.o.StopBits, driver.ErrPermanent)
	}
	return m, nil
}

// lockPort opens the port a first time to hold its lock until the result is closed. The kernel's exclusive mode alone is
// no lock: root passes it. The lock is on the device, whatever name it was opened by, and dies with the program.
func lockPort(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

// explain adds the mend to an error of opening.
func explain(err error) error {
	var bad *serial.PortError
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EIO):
		return fmt.Errorf("no such port: is its device plugged in? (ls /dev/serial/by-id lists those that are): %w", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("add the gateway's user to the group dialout and start it anew: %w", err)
	case errors.Is(err, unix.EWOULDBLOCK), errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w: two devices of the configuration, or another program, share it: %w", ErrInUse, err)
	case !errors.As(err, &bad):
		return err
	}
	if bad.Code() == serial.PortBusy {
		return fmt.Errorf("%w: another program has it: %w", ErrInUse, err)
	}
	return fmt.Errorf("it is no serial port, or cannot do these settings: %w", err)
}
