package profile

import "encoding/binary"

// sum is a kind of check.
type sum uint8

const (
	sumNone sum = iota
	sum8
	sumXor
	sumCRC // CRC-16/MODBUS, low byte first
)

// sums by their name, with their size.
var sums = map[string]struct {
	sum  sum
	size int
}{"sum8": {sum8, 1}, "xor8": {sumXor, 1}, "crc16-modbus": {sumCRC, 2}}

// of computes the check over b.
func (s sum) of(b []byte) (v uint16) {
	switch s {
	case sum8:
		for _, c := range b {
			v += uint16(c)
		}
		return v & 0xFF
	case sumXor:
		for _, c := range b {
			v ^= uint16(c)
		}
		return v
	case sumCRC:
		return crc16(b)
	}
	return 0
}

// crc16 is CRC-16/MODBUS; over "123456789" it is 4B37.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

// read reads a check as it stands in a frame.
func (s sum) read(b []byte) uint16 {
	if s == sumCRC {
		return binary.LittleEndian.Uint16(b)
	}
	return uint16(b[0])
}

// put writes a check over b.
func (s sum) put(b []byte, v uint16) {
	if s == sumCRC {
		binary.LittleEndian.PutUint16(b, v)
		return
	}
	b[0] = byte(v)
}
