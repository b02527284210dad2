package card

import (
	"errors"
	"fmt"
	"math/bits"
)

// maxBits bounds a frame: a reader that never pauses says nothing.
const maxBits = 64

// Format of a Wiegand frame.
type Format uint8

// The formats.
const (
	W26 Format = 26 // facility 8 bits, number 16, two of parity
	W34 Format = 34 // 32 bits of a card's number, two of parity
	Key Format = 4  // a key of the reader's own pad
)

// Frame is what a reader said.
type Frame struct {
	Format Format
	Number uint64 // facility and number together; of a key: 0 to 15
}

// Reasons for refusals of a frame.
var (
	errLength  = errors.New("no frame of 26 or 34 bits: a pulse was lost, or noise")
	errParity  = errors.New("parity is wrong: a pulse was lost, or noise")
	errSwapped = errors.New("the two wires are swapped: D0 is on the line of D1")
	errKeyPad  = errors.New("key is not repeated inverted")
)

// decode reads the bits of a frame, the first highest. A frame that is right once every bit is turned round comes from a
// reader whose wires are swapped.
func decode(v uint64, n int) (Frame, error) {
	switch n {
	case 4:
		return Frame{Key, v}, nil
	case 8: // a key, and the key inverted
		if v>>4 != ^v&0x0F {
			return Frame{}, errKeyPad
		}
		return Frame{Key, v >> 4}, nil
	case int(W26), int(W34):
	default:
		return Frame{}, fmt.Errorf("%w: %d bits", errLength, n)
	}
	if parity(v, n) {
		return Frame{Format(n), v >> 1 & (1<<(n-2) - 1)}, nil
	}
	if parity(^v&(1<<n-1), n) {
		return Frame{}, errSwapped
	}
	return Frame{}, errParity
}

// parity says whether the first half has an even number of ones and the second an odd one, each with its bit.
func parity(v uint64, n int) bool {
	half := n / 2
	return bits.OnesCount64(v>>half)%2 == 0 && bits.OnesCount64(v&(1<<half-1))%2 == 1
}
