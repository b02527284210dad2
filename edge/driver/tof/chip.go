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
	regSignal   = 0x0098 // of what came back; it trembles even where nothing moves
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

// errStopped says that the chip measures no more, or not as it was told: it was reset and has lost its settings. Who runs the
// driver again sets it up anew.
var errStopped = errors.New("the sensor was reset, and its settings are lost")

// errBoot says that the chip does not wake up.
var errBoot = errors.New("the sensor does not start")

// chip is the sensor on its bus: 16-bit register addresses, big-endian data.
type chip struct {
	dev   i2c.Dev
	level byte          // of regReady while a measurement can be taken
	rest  time.Duration // no measurement comes sooner after the last one
}

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
	if err := c.find(ctx); err != nil {
		return err
	}
	if err := c.trim(ctx); err != nil {
		return err
	}
	budget, err := c.budget(period)
	if err != nil {
		return err
	}
	c.rest = period * 3 / 4
	return c.set([]setting{
		{regClear, []byte{1}}, {regMode, []byte{modeStop}}, {regVHV, []byte{9}}, {regVHVInit, []byte{0}},
		{regBudgetA, []byte{0x00, 0x1E}}, {regBudgetB, []byte{0x00, 0x22}}, // 20 ms, long distance
		{regPeriod, budget}, {regROI, []byte{centreA, roiSize}}, {regMode, []byte{modeRun}},
	})
}

// setting is what registers are set to.
type setting struct {
	reg  uint16
	data []byte
}

func (c *chip) set(list []setting) error {
	for _, s := range list {
		if err := c.write(s.reg, s.data...); err != nil {
			return err
		}
	}
	return nil
}

// find waits until the chip has started, and makes sure that it is one.
func (c *chip) find(ctx context.Context) error {
	if err := c.until(ctx, bootTime, errBoot, func() (bool, error) {
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
	return nil
}

// trim loads the settings and lets the chip measure once, by which it trims itself.
func (c *chip) trim(ctx context.Context) error {
	image, err := hex.DecodeString(resetImage)
	if err != nil {
		return err
	}
	if err := c.write(regImage, image...); err != nil {
		return err
	}
	if err := c.polarity(); err != nil {
		return err
	}
	if err := c.write(regMode, modeRun); err != nil {
		return err
	}
	return c.ready(ctx)
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

// polarity finds out how the chip says that it has a measurement.
func (c *chip) polarity() error {
	p, err := c.read(regPolarity, 1)
	if err != nil {
		return err
	}
	if c.level = 1; p[0]&0x10 != 0 {
		c.level = 0
	}
	return nil
}

// ready waits for a measurement.
func (c *chip) ready(ctx context.Context) error {
	return c.until(ctx, readyTime, errStopped, func() (bool, error) {
		b, err := c.read(regReady, 1)
		return err == nil && b[0]&1 == c.level, err
	})
}

// until asks every few milliseconds; when the limit is over it gives late.
func (c *chip) until(ctx context.Context, limit time.Duration, late error, ok func() (bool, error)) error {
	end := time.NewTimer(limit)
	defer end.Stop()
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
		case <-end.C:
			return late
		case <-t.C:
		}
	}
}
