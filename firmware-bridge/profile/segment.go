package profile

// segments gives the characters of a seven-segment digit: bit 0 is A (above), then B to F around, bit 6 is G (the middle).
// Source: the fonts of TM1637 and HT16K33 modules; 0 and O, 5 and S, 1 and I look the same and are taken for digits.
var segments = map[byte]byte{
	0x00: ' ', 0x3F: '0', 0x06: '1', 0x5B: '2', 0x4F: '3', 0x66: '4', 0x6D: '5', 0x7D: '6', 0x07: '7', 0x7F: '8', 0x6F: '9', 0x67: '9', 0x7C: 'B',
	0x77: 'A', 0x39: 'C', 0x5E: 'D', 0x79: 'E', 0x71: 'F', 0x3D: 'G', 0x76: 'H', 0x1E: 'J', 0x38: 'L', 0x54: 'N', 0x5C: 'O', 0x73: 'P', 0x50: 'R',
	0x78: 'T', 0x3E: 'U', 0x6E: 'Y', 0x40: '-', 0x08: '_', 0x27: '7',
}

const segmentDot = 0x80

// fromSegments gives the text of digits; a lit dot stands behind its digit. ok is false where a digit shows no character.
func fromSegments(out, b []byte) (text []byte, ok bool) {
	for _, c := range b {
		char, known := segments[c&^segmentDot]
		if !known {
			return out, false
		}
		if c != segmentDot {
			out = append(out, char)
		}
		if c&segmentDot != 0 {
			out = append(out, '.')
		}
	}
	return out, true
}
