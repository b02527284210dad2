package air

import (
	"context"
	"errors"
	"fmt"
	"time"

	"periph.io/x/conn/v3/i2c"
)

// Checksum of Sensirion's words: CRC-8 with polynomial 0x31, start 0xFF (SCD4x data sheet 3.11; SHT4x data sheet 4.4).
const (
	crcPoly  = 0x31
	crcStart = 0xFF
	wordSize = 3 // two bytes, highest first, and their checksum
)

// errChecksum says that what was read is damaged.
var errChecksum = errors.New("wrong checksum")

// device is a chip at its address.
type device struct {
	bus  i2c.Bus
	addr uint16
}

// tx does one transaction. It fails when the chip does not acknowledge.
func (d device) tx(w, r []byte) error { return d.bus.Tx(d.addr, w, r) }

// ask writes a command, waits for what the chip needs to answer, and reads n bytes. It is two transactions: a repeated start
// gives these chips no time.
func (d device) ask(ctx context.Context, command []byte, wait time.Duration, n int) ([]byte, error) {
	if err := d.tx(command, nil); err != nil {
		return nil, fmt.Errorf("command % X: %w", command, err)
	}
	if err := rest(ctx, wait); err != nil {
		return nil, err
	}
	raw := make([]byte, n)
	if err := d.tx(nil, raw); err != nil {
		return nil, fmt.Errorf("answer to % X: %w", command, err)
	}
	return raw, nil
}

// rest waits for d, or for the end of ctx (its error).
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// crc8 gives Sensirion's checksum.
func crc8(p []byte) byte {
	crc := byte(crcStart)
	for _, b := range p {
		crc ^= b
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ crcPoly
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// words decodes exactly n words with their checksums.
func words(raw []byte, n int) ([]uint16, error) {
	if len(raw) != n*wordSize {
		return nil, fmt.Errorf("%d bytes, want %d: %w", len(raw), n*wordSize, errChecksum)
	}
	out := make([]uint16, n)
	for i := range out {
		w := raw[i*wordSize:]
		if crc8(w[:2]) != w[2] {
			return nil, fmt.Errorf("word %d: %w", i+1, errChecksum)
		}
		out[i] = uint16(w[0])<<8 | uint16(w[1])
	}
	return out, nil
}

// withWord appends a word and its checksum to a command.
func withWord(command uint16, w uint16) []byte {
	p := []byte{byte(command >> 8), byte(command), byte(w >> 8), byte(w)}
	return append(p, crc8(p[2:]))
}

// command spells a command of two bytes.
func command(c uint16) []byte { return []byte{byte(c >> 8), byte(c)} }
