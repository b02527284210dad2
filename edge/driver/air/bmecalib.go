package air

import (
	"encoding/binary"
	"errors"
)

// calibration is what the maker burned into a BME280 (data sheet table 16), by the names there.
type calibration struct {
	t1, t2, t3                         float64
	p1, p2, p3, p4, p5, p6, p7, p8, p9 float64
	h1, h2, h3, h4, h5, h6             float64
}

// newCalibration reads the registers from 0x88 (26 bytes) and from 0xE1 (7 bytes, zero for a BMP280).
func newCalibration(tp, h []byte) (c calibration, err error) {
	if len(tp) != bmeCalibSize || len(h) != bmeCalibHSize {
		return c, errors.New("calibration: not all registers")
	}
	u := func(i int) float64 { return float64(binary.LittleEndian.Uint16(tp[2*i:])) }
	s := func(i int) float64 { return float64(int16(binary.LittleEndian.Uint16(tp[2*i:]))) }
	c = calibration{
		t1: u(0), t2: s(1), t3: s(2),
		p1: u(3), p2: s(4), p3: s(5), p4: s(6), p5: s(7), p6: s(8), p7: s(9), p8: s(10), p9: s(11),
		h1: float64(tp[25]), h2: float64(int16(binary.LittleEndian.Uint16(h))), h3: float64(h[2]),
		h4: float64(int16(int8(h[3]))<<4 | int16(h[4]&0x0F)), h5: float64(int16(int8(h[5]))<<4 | int16(h[4]>>4)), h6: float64(int8(h[6])),
	}
	if c.t1 == 0 || c.p1 == 0 || c.t1 == 0xFFFF && c.p1 == 0xFFFF {
		return c, errors.New("calibration: empty registers")
	}
	return c, nil
}

// fine is the temperature in 1/5120 °C (data sheet 8.1).
func (c *calibration) fine(raw float64) float64 {
	a := (raw/16384 - c.t1/1024) * c.t2
	b := raw/131072 - c.t1/8192
	return a + b*b*c.t3
}

// pressure in Pa (data sheet 8.1); 0 where the calibration makes it undefined.
func (c *calibration) pressure(raw, fine float64) float64 {
	a := fine/2 - 64000
	b := (a*a*c.p6/32768+a*c.p5*2)/4 + c.p4*65536
	a = (1 + (c.p3*a*a/524288+c.p2*a)/524288/32768) * c.p1
	if a == 0 {
		return 0
	}
	p := (1048576 - raw - b/4096) * 6250 / a
	return p + (c.p9*p*p/2147483648+p*c.p8/32768+c.p7)/16
}

// humidity in percent, cropped to what can be (data sheet 8.1).
func (c *calibration) humidity(raw, fine float64) float64 {
	x := fine - 76800
	h := (raw - (c.h4*64 + c.h5/16384*x)) * (c.h2 / 65536 * (1 + c.h6/67108864*x*(1+c.h3/67108864*x)))
	return min(max(h*(1-c.h1*h/524288), 0), 100)
}
