package digits

import (
	"context"
	"errors"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2ctest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/devices/v3/ht16k33"
	"periph.io/x/devices/v3/max7219"
	"periph.io/x/devices/v3/tm1637"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The simulators are checked with periph's drivers, which know nothing of them.
func TestTM1637WithPeriph(t *testing.T) {
	d := NewTM1637("CLK", "DIO", nil)
	clock, err := d.Out("CLK")
	must(t, err)
	data, err := d.Out("DIO")
	must(t, err)
	chip, err := tm1637.New(clock, data)
	must(t, err)
	must(t, chip.SetBrightness(tm1637.Brightness10))
	for _, c := range []struct {
		segments []byte
		want     string
	}{
		{tm1637.Clock(12, 34, true), "12.34"}, {[]byte{0x77, 0x3F, 0x06, 0x5B}, "A012"}, {tm1637.Digits(8, 8, 8, 8), "8888"}, {[]byte{0, 0, 0, 0x2A}, "   ?"},
	} {
		if _, err := chip.Write(c.segments); err != nil || d.Text() != c.want {
			t.Errorf("% X: %q, %v, want %q", c.segments, d.Text(), err, c.want)
		}
	}
	must(t, chip.SetBrightness(tm1637.Off))
	if d.Text() != "    " {
		t.Errorf("off: %q", d.Text())
	}
	must(t, chip.SetBrightness(tm1637.Brightness10))
	d.Reset()
	if d.Text() != "    " || d.Writes() == 0 {
		t.Errorf("after a reset: %q", d.Text())
	}
	if _, err := d.Out("CLK"); err == nil {
		t.Error("a line with two owners")
	}
	must(t, clock.Halt())
	if _, err = d.Out("CLK"); err != nil {
		t.Error(err)
	}
	d.SetFaults(Faults{Short: true})
	if data.Read() != gpio.Low {
		t.Error("a line that is held low is high")
	}
}

func TestMAX7219WithPeriph(t *testing.T) {
	d := NewMAX7219()
	port, err := d.OpenSPI()
	must(t, err)
	if _, err := d.OpenSPI(); err == nil {
		t.Error("a port with two owners")
	}
	chip, err := max7219.NewSPI(port, 1, 8)
	must(t, err)
	must(t, chip.Write([]byte{max7219.ClearDigit, max7219.ClearDigit, 1, 2, 3 | max7219.DecimalPoint, 4, max7219.MinusSign, 0}))
	if got := d.Text(); got != "  123.4-0" {
		t.Errorf("shows %q", got)
	}
	d.Upset(0x0F, 1)
	if got := d.Text(); got != "8.8.8.8.8.8.8.8." {
		t.Errorf("in test: %q", got)
	}
	d.Reset()
	if got := d.Text(); got != "        " {
		t.Errorf("after power-on: %q", got)
	}
	if _, err := port.Connect(physic.MegaHertz, spi.Mode0, 8); err == nil {
		t.Error("connected twice")
	}
	must(t, port.Close())
	d.SetFaults(Faults{Forbid: context.Canceled})
	if _, err := d.OpenSPI(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// bus is the I2C bus of one chip.
type bus struct {
	i2ctest.Record
	chip *HT16K33
}

var _ i2c.Bus = (*bus)(nil)

func (b *bus) Tx(_ uint16, w, r []byte) error { return b.chip.Tx(w, r) }

func TestHT16K33WithPeriph(t *testing.T) {
	d := NewHT16K33(nil)
	chip, err := ht16k33.NewI2C(&bus{chip: d}, 0x70)
	must(t, err)
	for column, segments := range map[int]uint16{0: 0x77, 1: 0x3F, 3: 0x06, 4: 0xDB} {
		must(t, chip.WriteColumn(column, segments))
	}
	if got := d.Text(); got != "A012." {
		t.Errorf("shows %q", got)
	}
	r := make([]byte, 2)
	if must(t, d.Tx([]byte{0}, r)); r[0] != 0x77 {
		t.Errorf("memory % X", r)
	}
	d.Reset()
	must(t, chip.WriteColumn(0, 0x77))
	if got := d.Text(); got != "    " {
		t.Errorf("without its oscillator it shows %q", got)
	}
	d.SetFaults(Faults{Away: true})
	if err := chip.SetBrightness(3); !errors.Is(err, ErrAway) {
		t.Error(err)
	}
}

func TestAwait(t *testing.T) {
	d := NewHT16K33(nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := d.Await(ctx, "A012"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	must(t, d.Await(t.Context(), "    "))
}
