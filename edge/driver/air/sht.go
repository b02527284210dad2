package air

import (
	"context"
	"fmt"
	"time"

	"hallpulse/hall"
)

// Model of an SHT.
type Model uint8

// The models.
const (
	SHT3x Model = iota // SHT30, SHT31, SHT35 (SHT3x-DIS data sheet)
	SHT4x              // SHT40, SHT41, SHT43, SHT45 (SHT4x data sheet)
)

// Commands and times.
const (
	shtAddress = 0x44
	sht3Single = 0x2400                // one measurement, high repeatability, no clock stretching
	sht3Status = 0xF32D                // one word
	sht4Single = 0xFD                  // one measurement, high precision
	sht4Serial = 0x89                  // two words
	shtTime    = 20 * time.Millisecond // 15.5 ms (SHT3x table 4), 8.3 ms (SHT4x table 5) at most
	shtQuick   = 2 * time.Millisecond
)

// SHTOptions are those of a sensor of temperature and humidity.
type SHTOptions struct {
	Options
	Model Model
}

// NewSHT prepares the driver of an SHT3x or SHT4x; it opens nothing.
func NewSHT(o SHTOptions) *Driver {
	if o.Model == SHT4x {
		return newDriver("SHT4x", o.Options, shtAddress, sht4x{})
	}
	return newDriver("SHT3x", o.Options, shtAddress, sht3x{})
}

type sht3x struct{}

func (sht3x) slowest() time.Duration { return time.Second }

func (sht3x) begin(ctx context.Context, dev device) error {
	return greet(ctx, dev, command(sht3Status), 1)
}

func (sht3x) measure(ctx context.Context, dev device) ([]byte, error) {
	return dev.ask(ctx, command(sht3Single), shtTime, 2*wordSize)
}

func (sht3x) decode(raw []byte) ([]quantity, error) {
	return shtDecode(raw, func(w float64) float64 { return 100 * w / 65535 })
}

type sht4x struct{}

func (sht4x) slowest() time.Duration { return time.Second }

func (sht4x) begin(ctx context.Context, dev device) error {
	return greet(ctx, dev, []byte{sht4Serial}, 2)
}

func (sht4x) measure(ctx context.Context, dev device) ([]byte, error) {
	return dev.ask(ctx, []byte{sht4Single}, shtTime, 2*wordSize)
}

// decode crops the humidity: near its ends the formula goes beyond them (data sheet 4.6).
func (sht4x) decode(raw []byte) ([]quantity, error) {
	return shtDecode(raw, func(w float64) float64 { return min(max(-6+125*w/65535, 0), 100) })
}

// greet asks the chip for n words that it has without a measurement: another chip at this address does not know the command.
func greet(ctx context.Context, dev device, what []byte, n int) error {
	raw, err := dev.ask(ctx, what, shtQuick, n*wordSize)
	if err != nil {
		return err
	}
	if _, err := words(raw, n); err != nil {
		return fmt.Errorf("answer % X to % X: another model? %w", raw, what, err)
	}
	return nil
}

func shtDecode(raw []byte, humidity func(float64) float64) ([]quantity, error) {
	w, err := words(raw, 2)
	if err != nil {
		return nil, err
	}
	return []quantity{
		{hall.MetricTemperature, celsius(w[0]), uint32(w[0])},
		{hall.MetricHumidity, humidity(float64(w[1])), uint32(w[1])},
	}, nil
}
