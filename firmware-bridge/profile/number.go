package profile

import "encoding/binary"

// encoding is how a value stands in a frame.
type encoding uint8

const (
	asBytes encoding = iota // no number: compared or copied
	asU8
	asU16BE
	asU16LE
	asU32BE
	asU32LE
	asDigits // ASCII
	asHex    // ASCII, upper or lower case
	asBCD
	asASCII
	asGB18030
	asUTF8
	asSegments // of seven-segment digits, bit 0 is A and bit 7 the dot
)

// encodings by their name, with their size; 0: a size is given.
var encodings = map[string]struct {
	as   encoding
	size int
}{
	"u8": {asU8, 1}, "u16be": {asU16BE, 2}, "u16le": {asU16LE, 2}, "u32be": {asU32BE, 4}, "u32le": {asU32LE, 4},
	"digits": {asDigits, 0}, "hex": {asHex, 0}, "bcd": {asBCD, 0}, "ascii": {asASCII, 0}, "gb18030": {asGB18030, 0},
	"utf8": {asUTF8, 0}, "segments": {asSegments, 0},
}

// isText says whether the encoding holds text and not a whole number.
func (e encoding) isText() bool {
	return e == asASCII || e == asGB18030 || e == asUTF8 || e == asSegments
}

// isSized says whether the encoding of a part needs a size: that of digits.
func (e encoding) isSized() bool { return e == asDigits || e == asHex }

// Most digits of a number, which keep it inside 32 bits.
const (
	maxDigits = 9
	maxHex    = 8
)

// number reads b, which has the encoding's size; ok is false where it is none.
func (e encoding) number(b []byte) (n uint32, ok bool) {
	switch e {
	case asU8:
		return uint32(b[0]), true
	case asU16BE:
		return uint32(binary.BigEndian.Uint16(b)), true
	case asU16LE:
		return uint32(binary.LittleEndian.Uint16(b)), true
	case asU32BE:
		return binary.BigEndian.Uint32(b), true
	case asU32LE:
		return binary.LittleEndian.Uint32(b), true
	case asDigits:
		return digits(b)
	case asHex:
		return hexDigits(b)
	case asBCD:
		return bcd(b)
	}
	return 0, false
}

func digits(b []byte) (n uint32, ok bool) {
	if len(b) == 0 || len(b) > maxDigits {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint32(c-'0')
	}
	return n, true
}

func hexDigits(b []byte) (n uint32, ok bool) {
	if len(b) == 0 || len(b) > maxHex {
		return 0, false
	}
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		n = n<<4 | uint32(c)
	}
	return n, true
}

func bcd(b []byte) (n uint32, ok bool) {
	if len(b) == 0 || len(b) > asBCD.mostBytes() {
		return 0, false
	}
	for _, c := range b {
		if c>>4 > 9 || c&15 > 9 {
			return 0, false
		}
		n = n*100 + uint32(c>>4)*10 + uint32(c&15)
	}
	return n, true
}

// mostBytes is how many bytes a number may have: beyond them it does not fit into 32 bits.
func (e encoding) mostBytes() int {
	switch e {
	case asDigits:
		return maxDigits
	case asHex:
		return maxHex
	case asBCD:
		return maxDigits / 2
	}
	return MaxFrame
}

// put writes n over b, which has the encoding's size.
func (e encoding) put(b []byte, n int) {
	switch e {
	case asU8:
		b[0] = byte(n)
	case asU16BE:
		binary.BigEndian.PutUint16(b, uint16(n))
	case asU16LE:
		binary.LittleEndian.PutUint16(b, uint16(n))
	case asDigits:
		for i := len(b) - 1; i >= 0; i-- {
			b[i], n = byte('0'+n%10), n/10
		}
	case asHex:
		for i := len(b) - 1; i >= 0; i-- {
			b[i], n = "0123456789ABCDEF"[n&15], n>>4
		}
	}
}

// most is the largest number that size bytes hold.
func (e encoding) most(size int) int {
	switch e {
	case asDigits:
		n := 1
		for range size {
			n *= 10
		}
		return n - 1
	case asHex:
		return 1<<(4*size) - 1
	}
	return 1<<(8*size) - 1
}
