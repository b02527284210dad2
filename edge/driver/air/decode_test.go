package air

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

func TestChecksum(t *testing.T) {
	for raw, want := range map[string]byte{"\xBE\xEF": 0x92, "\x00\x00": 0x81, "\x01\xF4": 0x33} {
		if got := crc8([]byte(raw)); got != want {
			t.Errorf("% X: %02X, want %02X", raw, got, want)
		}
	}
	if got := fmt.Sprintf("% X", withWord(scdSetHeight, 1800)); got[:11] != "24 27 07 08" {
		t.Errorf("got %s", got)
	}
}

// Frames of the data sheets.
const (
	scdGolden = "\x01\xF4\x33\x66\x67\xA2\x5E\xB9\x3C"
	shtGolden = "\x66\x67\xA2\x5E\xB9\x3C"
	bmeGolden = "\x65\x5A\xC0\x7E\xED\x00\x6E\x8D" // P 415148, T 519888 (BMP280 3.12), H 28301
)

func bmeChip(t testing.TB) *bme280 {
	t.Helper()
	tp := []byte{0x70, 0x6B, 0x43, 0x67, 0x18, 0xFC, 0x7D, 0x8E, 0x43, 0xD6, 0xD0, 0x0B, 0x27, 0x0B, 0x8C, 0x00, 0xF9, 0xFF, 0x8C, 0x3C, 0xF8, 0xC6, 0x70, 0x17, 0, 75}
	c, err := newCalibration(tp, []byte{0x72, 0x01, 0x00, 0x13, 0x29, 0x03, 0x1E})
	if err != nil {
		t.Fatal(err)
	}
	return &bme280{calib: c, humidity: true}
}

func TestGolden(t *testing.T) {
	for name, c := range map[string]struct {
		chip chip
		raw  string
		want []quantity
	}{
		"SCD4x":  {scd4x{}, scdGolden, []quantity{{hall.MetricCO2, 500, 500}, {hall.MetricTemperature, 25, 0x6667}, {hall.MetricHumidity, 37, 0x5EB9}}},
		"SHT3x":  {sht3x{}, shtGolden, []quantity{{hall.MetricTemperature, 25, 0x6667}, {hall.MetricHumidity, 37, 0x5EB9}}},
		"SHT4x":  {sht4x{}, shtGolden, []quantity{{hall.MetricTemperature, 25, 0x6667}, {hall.MetricHumidity, 40.25, 0x5EB9}}},
		"BME280": {bmeChip(t), bmeGolden, []quantity{{hall.MetricTemperature, 25.08, 519888}, {hall.MetricPressure, 100653.27, 415148}, {hall.MetricHumidity, 46.5, 28301}}},
	} {
		got, err := c.chip.decode([]byte(c.raw))
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		for i, w := range c.want {
			if g := got[i]; g.metric != w.metric || g.word != w.word || math.Abs(g.value-w.value) > 0.05 {
				t.Errorf("%s: got %v (word %d), want %v", name, g, g.word, w)
			}
		}
	}
}

func TestRefusedBytes(t *testing.T) {
	for _, raw := range []string{"", "\x01", scdGolden[:8], scdGolden + "\x00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"} {
		if _, err := (scd4x{}).decode([]byte(raw)); !errors.Is(err, errChecksum) {
			t.Errorf("% X: %v", raw, err)
		}
	}
	if _, err := bmeChip(t).decode([]byte("\x80\x00\x00\x80\x00\x00\x80\x00")); !errors.Is(err, errUnmeasured) {
		t.Error(err)
	}
	for _, tp := range [][]byte{nil, make([]byte, bmeCalibSize), bytes.Repeat([]byte{0xFF}, bmeCalibSize)} {
		if _, err := newCalibration(tp, make([]byte, bmeCalibHSize)); err == nil {
			t.Errorf("calibration % X", tp)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{scdGolden, shtGolden, bmeGolden, ""} {
		f.Add([]byte(s))
	}
	chips := []chip{scd4x{}, sht3x{}, sht4x{}, bmeChip(f)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, c := range chips {
			list, err := c.decode(raw)
			if (err == nil) == (len(list) == 0) {
				t.Fatalf("%T: %v, %v", c, list, err)
			}
		}
	})
}

func FuzzCalibration(f *testing.F) {
	f.Add(make([]byte, bmeCalibSize+bmeCalibHSize), []byte(bmeGolden))
	f.Fuzz(func(t *testing.T, calib, raw []byte) {
		n := min(len(calib), bmeCalibSize)
		c, err := newCalibration(calib[:n], calib[n:])
		if err != nil {
			return
		}
		list, err := (&bme280{calib: c, humidity: true}).decode(raw)
		if err != nil {
			return
		}
		if q := implausible(list); q != nil {
			return
		}
		for _, q := range list {
			if math.IsNaN(q.value) || math.IsInf(q.value, 0) {
				t.Fatalf("%v passes", q)
			}
		}
	})
}

// TestMutations feeds damaged answers: each is refused or told, nothing else, and a good one after them is understood.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		driver *Driver
		golden string
	}{
		"SCD4x": {NewSCD4x(SCD4xOptions{}), scdGolden}, "SHT3x": {NewSHT(SHTOptions{}), shtGolden},
		"SHT4x": {NewSHT(SHTOptions{Model: SHT4x}), shtGolden}, "BME280": {newDriver("BME280", Options{}, bmeAddress, bmeChip(t)), bmeGolden},
	} {
		out, now := &counter{}, time.Unix(0, 0)
		for range n / 4 {
			now = now.Add(time.Second)
			before := *out
			err := c.driver.take(now, mutate(rnd, []byte(c.golden)), out)
			if out.refused+out.told+out.degraded == before.refused+before.told+before.degraded && err == nil {
				t.Fatalf("%s: an answer was neither told nor refused", name)
			}
		}
		if out.refused == 0 {
			t.Errorf("%s: nothing was refused", name)
		}
		told := out.told
		if err := c.driver.take(now.Add(time.Hour), []byte(c.golden), out); err != nil || out.told == told {
			t.Errorf("%s: a good answer after the noise: %v", name, err)
		}
	}
}

// counter is a sink that keeps nothing.
type counter struct {
	driver.Sink
	refused, told, degraded int
}

func (c *counter) Refused(string, []byte)               { c.refused++ }
func (c *counter) Reading(hall.Metric, string, float64) { c.told++ }
func (c *counter) Degraded(bool, hall.Reason)           { c.degraded++ }
func (c *counter) Seen()                                {}
func (c *counter) Healthy()                             {}

func mutate(rnd *rand.Rand, p []byte) []byte {
	for range 1 + rnd.IntN(3) {
		switch i := rnd.IntN(len(p) + 1); rnd.IntN(4) {
		case 0:
			p = append(p[:i:i], append([]byte{byte(rnd.Uint32())}, p[i:]...)...)
		case 1:
			p = p[:i]
		default:
			if i < len(p) {
				p[i] ^= 1 << rnd.IntN(8)
			}
		}
		if len(p) == 0 {
			break
		}
	}
	return p
}
