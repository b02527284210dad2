package air

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/hall"
)

// Registers of the BME280 (data sheet 1.23, chapter 5).
const (
	bmeAddress = 0x76
	bmeID      = 0xD0
	bmeCalib   = 0x88
	bmeCalibH  = 0xE1
	bmeCtrlHum = 0xF2
	bmeStatus  = 0xF3
	bmeCtrl    = 0xF4
	bmeConfig  = 0xF5
	bmeData    = 0xF7
)

// Values of its registers.
const (
	idBME280      = 0x60
	idBMP280      = 0x58 // without humidity
	bmeOnce       = 0x01 // oversampling of humidity ×1
	bmeForced     = 0x25 // temperature and pressure ×1, one measurement, then sleep
	bmeBusy       = 0x08
	bmeDataSize   = 8
	bmeCalibSize  = 26
	bmeCalibHSize = 7
)

// Times of a measurement ×1 (data sheet 9.1): 9.3 ms at most.
const (
	bmeTime = 10 * time.Millisecond
	bmePoll = 5 * time.Millisecond
	bmeMost = 20 // polls; a bus that is stuck high shows busy for ever
)

// NewBME280 prepares the driver of a BME280 or BMP280 (which has no humidity); it opens nothing.
func NewBME280(o Options) *Driver { return newDriver("BME280", o, bmeAddress, &bme280{}) }

type bme280 struct {
	calib    calibration
	humidity bool
}

func (*bme280) slowest() time.Duration { return time.Second }

func (c *bme280) begin(_ context.Context, dev device) error {
	id := make([]byte, 1)
	if err := dev.tx([]byte{bmeID}, id); err != nil {
		return fmt.Errorf("id: %w", err)
	}
	if id[0] != idBME280 && id[0] != idBMP280 {
		return fmt.Errorf("id is %02X, not %02X or %02X: another chip", id[0], idBME280, idBMP280)
	}
	c.humidity = id[0] == idBME280
	tp, h := make([]byte, bmeCalibSize), make([]byte, bmeCalibHSize)
	if err := dev.tx([]byte{bmeCalib}, tp); err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	if c.humidity {
		if err := dev.tx([]byte{bmeCalibH}, h); err != nil {
			return fmt.Errorf("calibration: %w", err)
		}
	}
	var err error
	c.calib, err = newCalibration(tp, h)
	return err
}

// measure writes the settings each time: after a brown-out humidity would be off without a sign of it. ctrl_hum counts once
// ctrl_meas is written (data sheet 5.4.3).
func (c *bme280) measure(ctx context.Context, dev device) ([]byte, error) {
	settings := []byte{bmeConfig, 0, bmeCtrlHum, bmeOnce, bmeCtrl, bmeForced}
	if !c.humidity {
		settings = []byte{bmeConfig, 0, bmeCtrl, bmeForced}
	}
	if err := dev.tx(settings, nil); err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	if err := rest(ctx, bmeTime); err != nil {
		return nil, err
	}
	status := make([]byte, 1)
	for n := 0; ; n++ {
		if err := dev.tx([]byte{bmeStatus}, status); err != nil {
			return nil, fmt.Errorf("status: %w", err)
		}
		if status[0]&bmeBusy == 0 {
			break
		}
		if n == bmeMost {
			return nil, errors.New("a measurement does not end")
		}
		if err := rest(ctx, bmePoll); err != nil {
			return nil, err
		}
	}
	raw := make([]byte, bmeDataSize)
	if err := dev.tx([]byte{bmeData}, raw); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return raw, nil
}

// Values of what was not measured (data sheet 5.4.7 to 5.4.9).
const (
	skipped20 = 0x80000
	skipped16 = 0x8000
)

func (c *bme280) decode(raw []byte) ([]quantity, error) {
	if len(raw) != bmeDataSize {
		return nil, fmt.Errorf("%d bytes, want %d: %w", len(raw), bmeDataSize, errChecksum)
	}
	p := uint32(raw[0])<<12 | uint32(raw[1])<<4 | uint32(raw[2])>>4
	t := uint32(raw[3])<<12 | uint32(raw[4])<<4 | uint32(raw[5])>>4
	h := uint32(raw[6])<<8 | uint32(raw[7])
	if t == skipped20 || p == skipped20 || c.humidity && h == skipped16 {
		return nil, errUnmeasured
	}
	fine := c.calib.fine(float64(t))
	list := []quantity{
		{hall.MetricTemperature, fine / 5120, t},
		{hall.MetricPressure, c.calib.pressure(float64(p), fine), p},
	}
	if c.humidity {
		list = append(list, quantity{hall.MetricHumidity, c.calib.humidity(float64(h), fine), h})
	}
	return list, nil
}
