package tof

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// answerSize is how many bytes one measurement is: the registers from regROI to regSignal.
const answerSize = regSignal + 2 - regROI

// statusValid is the chip's code of a measurement with a result (chapter "range status" of UM2356: 9). 4 says that too little
// came back, 6 that it trembles too much, 5 and 7 that it is out of reach; the others are faults of the chip.
const statusValid = 9

// measurement is one of them.
type measurement struct {
	status   byte
	distance int // mm
	raw      []byte
}

// valid says whether something was measured. Without a target in reach the chip says so by a bad status.
func (m measurement) valid() bool { return m.status == statusValid }

// measure waits for a measurement, takes it and turns the chip to where the next one is wanted.
func (c *chip) measure(ctx context.Context, next byte) (measurement, error) {
	if err := pause(ctx, c.rest); err != nil {
		return measurement{}, err
	}
	if err := c.ready(ctx); err != nil {
		return measurement{}, err
	}
	b, err := c.read(regROI, answerSize)
	if err != nil {
		return measurement{}, err
	}
	m, err := decode(b)
	if err != nil {
		return m, err
	}
	if err := c.write(regROI, next, roiSize); err != nil {
		return m, err
	}
	return m, c.write(regClear, 1)
}

// pause leaves the bus to others.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// errShort says that an answer has not all registers.
var errShort = errors.New("an answer is too short")

// decode reads the registers from regROI to regSignal. Where the size of the part that is looked at is not what was set, the
// chip has lost its settings.
func decode(b []byte) (measurement, error) {
	if len(b) < answerSize {
		return measurement{}, fmt.Errorf("%w: %d bytes", errShort, len(b))
	}
	if b[1] != roiSize {
		return measurement{}, errStopped
	}
	return measurement{
		status: b[regStatus-regROI] & 0x1F, distance: int(binary.BigEndian.Uint16(b[regDistance-regROI:])), raw: b,
	}, nil
}
