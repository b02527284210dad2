package tof

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"periph.io/x/conn/v3/i2c"
)

// Registers of the VL53L1X (ST, UM2356 and the ultra-lite driver's register list).
const (
	regImage    = 0x002D // to 0x0087
	regPolarity = 0x0030 // bit 4: active low
	regReady    = 0x0031 // bit 0
	regBudgetA  = 0x005E
	regBudgetB  = 0x0061
	regPeriod   = 0x006C
	regROI      = 0x007F // centre, then size
	regClear    = 0x0086
	regMode     = 0x0087
	regStatus   = 0x0089
	regDistance = 0x0096
	regClock    = 0x00DE
	regBoot     = 0x00E5
	regModel    = 0x010F
	regVHV      = 0x0008
	regVHVInit  = 0x000B

	modelID  = 0xEACC
	modeRun  = 0x40
	modeStop = 0x00
	roiSize  = 0xF7 // 16 high, 8 wide: (16-1)<<4 | 8-1
)

// resetImage is what the chip's registers from regImage on have to be before it measures, as its maker states them. Long
// distance mode.
const resetImage = "00000001020002080008100101000000" + "00ff000f0000000000200b0000020a21" + "0000050000" + "0000c8000038ff0100080000" +
	"01cc0f01f10d01680080" + "08b800000000" + "0f890000000000000001" + "0f0d0e0e0000" + "02c7ff9b0000000100" + "00"

// Times of the chip.
const (
	bootTime  = 500 * time.Millisecond
	readyTime = time.Second // a measurement takes 20 to 100 ms
	clockUnit = 1.075       // of regPeriod
)

// errChip says that another chip answers, or this one is broken.
var errChip = errors.New("no VL53L1X answers at this address")

// errStopped says that the chip measures no more: it was reset and has lost its settings.
var errStopped = errors.New("the sensor stopped measuring; it is started anew")

// chip is the sensor on its bus: 16-bit register addresses, big-endian data.
type chip struct{ dev i2c.Dev }

func (c *chip) read(reg uint16, n int) ([]byte, error) {
	out := make([]byte, n)
	if err := c.dev.Tx(binary.BigEndian.AppendUint16(nil, reg), out); err != nil {
		return nil, fmt.Errorf("read 0x%04X: %w", reg, err)
	}
	return out, nil
}

func (c *chip) write(reg uint16, data ...byte) error {
	if err := c.dev.Tx(append(binary.BigEndian.AppendUint16(nil, reg), data...), nil); err != nil {
		return fmt.Errorf("write 0x%04X: %w", reg, err)
	}
	return nil
}

// begin finds the chip, sets it up and starts it.
func (c *chip) begin(ctx context.Context, period time.Duration) error {
	if err := c.until(ctx, bootTime, func() (bool, error) {
		b, err := c.read(regBoot, 1)
		return err == nil && b[0]&1 == 1, err
	}); err != nil {
		return err
	}
	id, err := c.read(regModel, 2)
	if err != nil {
		return err
	}
	if got := binary.BigEndian.Uint16(id); got != modelID {
		return fmt.Errorf("%w: it says it is 0x%04X", errChip, got)
	}
	image, err := hex.DecodeString(resetImage)
	if err != nil {
		return err
	}
	if err := c.write(regImage, image...); err != nil {
		return err
	}
	if err := c.write(regMode, modeRun); err != nil { // a first measurement trims the chip
		return err
	}
	if err := c.ready(ctx); err != nil {
		return err
	}
	budget, err := c.budget(period)
	if err != nil {
		return err
	}
	for _, set := range []struct {
		reg  uint16
		data []byte
	}{
		{regClear, []byte{1}}, {regMode, []byte{modeStop}}, {regVHV, []byte{9}}, {regVHVInit, []byte{0}},
		{regBudgetA, []byte{0x00, 0x1E}}, {regBudgetB, []byte{0x00, 0x22}}, // 20 ms, long distance
		{regPeriod, budget}, {regROI, []byte{centreA, roiSize}}, {regMode, []byte{modeRun}},
	} {
		if err := c.write(set.reg, set.data...); err != nil {
			return err
		}
	}
	return nil
}

// budget gives the period between measurements in the chip's own clock.
func (c *chip) budget(period time.Duration) ([]byte, error) {
	b, err := c.read(regClock, 2)
	if err != nil {
		return nil, err
	}
	clock := binary.BigEndian.Uint16(b) & 0x3FF
	return binary.BigEndian.AppendUint32(nil, uint32(float64(period.Milliseconds())*float64(clock)*clockUnit)), nil
}

// ready waits for a measurement.
func (c *chip) ready(ctx context.Context) error {
	p, err := c.read(regPolarity, 1)
	if err != nil {
		return err
	}
	level := byte(1)
	if p[0]&0x10 != 0 {
		level = 0
	}
	err = c.until(ctx, readyTime, func() (bool, error) {
		b, err := c.read(regReady, 1)
		return err == nil && b[0]&1 == level, err
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return errStopped
	}
	return err
}

// until asks every few milliseconds.
func (c *chip) until(ctx context.Context, limit time.Duration, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := time.NewTicker(pollTime)
	defer t.Stop()
	for {
		done, err := ok()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// measurement is one of them. Status 9 is a valid one.
type measurement struct {
	status   byte
	distance int // mm
	raw      []byte
}

// valid says whether something was measured. Without a target in reach the chip says so by a bad status.
func (m measurement) valid() bool { return m.status == 9 }

// measure waits for a measurement, takes it and turns the chip to where the next one is wanted.
func (c *chip) measure(ctx context.Context, next byte) (measurement, error) {
	if err := c.ready(ctx); err != nil {
		return measurement{}, err
	}
	b, err := c.read(regStatus, int(regDistance-regStatus)+2)
	if err != nil {
		return measurement{}, err
	}
	m := decode(b)
	if err := c.write(regROI, next, roiSize); err != nil {
		return m, err
	}
	return m, c.write(regClear, 1)
}

// decode reads the registers from regStatus to regDistance.
func decode(b []byte) measurement {
	return measurement{status: b[0] & 0x1F, distance: int(binary.BigEndian.Uint16(b[regDistance-regStatus:])), raw: b}
}
