package air

import (
	"testing"
	"testing/synctest"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2ctest"

	"hallpulse/edge/driver/drivertest"
)

type playback struct{ *i2ctest.Playback }

func (p playback) OpenI2C() (i2c.BusCloser, error) { return p.Playback, nil }

// The whole conversation with an SCD4x, to the byte: stop, serial number, settings written and read back, start, a measurement.
func TestGoldenSCD4x(t *testing.T) {
	const addr = scdAddress
	w := func(s string) i2ctest.IO { return i2ctest.IO{Addr: addr, W: []byte(s)} }
	r := func(s string) i2ctest.IO { return i2ctest.IO{Addr: addr, R: []byte(s)} }
	ops := []i2ctest.IO{
		w("\x3F\x86"), w("\x36\x82"), r("\xF8\x96\x31\x9F\x07\xC2\x3B\xBE\x89"), // serial number of the data sheet's example (3.10.2)
		w("\x24\x1D\x05\xDA\x29"), w("\x23\x18"), r("\x05\xDA\x29"),
		w("\x24\x27\x07\x9E\x09"), w("\x23\x22"), r("\x07\x9E\x09"), // 1950 m (3.7.3)
		w("\x24\x16\x00\x01\xB0"), w("\x23\x13"), r("\x00\x01\xB0"),
		w("\x21\xB1"), w("\xE4\xB8"), r("\x80\x06\x04"), w("\xEC\x05"), r(scdGolden),
	}
	synctest.Test(t, func(t *testing.T) {
		b := playback{&i2ctest.Playback{Ops: ops, DontPanic: true}}
		s := &drivertest.Sink{}
		err := NewSCD4x(SCD4xOptions{Options: Options{Bus: b}, Offset: 4, Altitude: 1950}).Run(t.Context(), s)
		if h := s.Heard(); err == nil || len(h.Readings) != 3 || h.Opened != 1 || len(h.Refusals) > 0 { // the end of the playback ends the run
			t.Errorf("%v: %+v", err, h)
		}
		if b.Count != len(ops) {
			t.Errorf("%d of %d steps", b.Count, len(ops))
		}
	})
}
