package bus

import (
	"errors"
	"strings"
	"testing"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		err  error
		text string
	}{
		{unix.EACCES, "dialout"}, {unix.ENOENT, "by-id"}, {unix.ENXIO, "plugged in"}, {unix.EBUSY, "in use"}, {unix.EWOULDBLOCK, "in use"},
		{&serial.PortError{}, "in use"}, // the zero code: busy
		{unix.ENOSPC, unix.ENOSPC.Error()},
	} {
		if err := explain(c.err); !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v: %v", c.err, err)
		}
	}
}
