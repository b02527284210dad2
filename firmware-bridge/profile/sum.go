package profile

import "encoding/binary"

// sum is a kind of check.
type sum uint8

const (
	sumNone sum = iota
	sum8
	sumXor
	sumLRC  // two's complement of sum8
	sumNot  // one's complement of sum8
	sumCRC8 // polynomial 07, over "123456789" F4
	sum16
	sumCRC // CRC-16/MODBUS
	sumCCITT
	sumXmodem
	sumKermit
	sumX25
)

// sums by their name, with their size in bytes and whether their low byte is usually sent first.
var sums = map[string]struct {
	sum  sum
	size int
	low  bool
}{
	"sum8": {sum8, 1, false}, "xor8": {sumXor, 1, false}, "lrc8": {sumLRC, 1, false}, "not8": {sumNot, 1, false}, "crc8": {sumCRC8, 1, false},
	"sum16": {sum16, 2, false}, "crc16-modbus": {sumCRC, 2, true}, "crc16-ccitt-false": {sumCCITT, 2, false},
	"crc16-xmodem": {sumXmodem, 2, false}, "crc16-kermit": {sumKermit, 2, true}, "crc16-x25": {sumX25, 2, true},
}

// check is a check as a frame has it.
type check struct {
	sum  sum
	size int // bytes of the value: 1 or 2
	low  bool
	hex  bool // sent as ASCII
	seed byte
}

// width is how many bytes of a frame the check has.
func (c check) width() int {
	if c.hex {
		return 2 * c.size
	}
	return c.size
}

// of computes the check over b.
func (c check) of(b []byte) uint16 {
	switch c.sum {
	case sumXor:
		return uint16(xor8(c.seed, b))
	case sum8:
		return add(uint16(c.seed), b) & 0xFF
	case sumLRC:
		return -add(uint16(c.seed), b) & 0xFF
	case sumNot:
		return ^add(uint16(c.seed), b) & 0xFF
	case sum16:
		return add(uint16(c.seed), b)
	case sumCRC8:
		return crcHigh(0, 0x0700, b, 0xFF00) >> 8
	case sumCRC:
		return crcLow(0xFFFF, 0xA001, b)
	case sumCCITT:
		return crcHigh(0xFFFF, 0x1021, b, 0xFFFF)
	case sumXmodem:
		return crcHigh(0, 0x1021, b, 0xFFFF)
	case sumKermit:
		return crcLow(0, 0x8408, b)
	case sumX25:
		return ^crcLow(0xFFFF, 0x8408, b)
	}
	return 0
}

func xor8(v byte, b []byte) byte {
	for _, c := range b {
		v ^= c
	}
	return v
}

func add(v uint16, b []byte) uint16 {
	for _, c := range b {
		v += uint16(c)
	}
	return v
}

// crcLow is a CRC that takes the lowest bit first.
func crcLow(crc, poly uint16, b []byte) uint16 {
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ poly
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

// crcHigh is a CRC that takes the highest bit first; mask keeps its width.
func crcHigh(crc, poly uint16, b []byte, mask uint16) uint16 {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ poly
			} else {
				crc <<= 1
			}
		}
		crc &= mask
	}
	return crc
}

// read reads a check as it stands in a frame; ok is false where it is none.
func (c check) read(b []byte) (v uint16, ok bool) {
	if c.hex {
		n, ok := hexDigits(b)
		if c.size == 2 && c.low {
			n = n>>8 | n&0xFF<<8
		}
		return uint16(n), ok
	}
	switch {
	case c.size == 1:
		return uint16(b[0]), true
	case c.low:
		return binary.LittleEndian.Uint16(b), true
	}
	return binary.BigEndian.Uint16(b), true
}

// put writes a check over b.
func (c check) put(b []byte, v uint16) {
	switch {
	case c.hex && c.size == 2 && c.low:
		asHex.put(b, int(v>>8|v<<8))
	case c.hex:
		asHex.put(b, int(v))
	case c.size == 1:
		b[0] = byte(v)
	case c.low:
		binary.LittleEndian.PutUint16(b, v)
	default:
		binary.BigEndian.PutUint16(b, v)
	}
}
