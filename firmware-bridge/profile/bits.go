package profile

import (
	"strconv"
	"strings"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// bitRange is some bits of a value, from the lowest, which is 0. The zero value is the whole of it.
type bitRange struct{ shift, width uint8 }

// maxBit is the highest bit of a value.
const maxBit = 31

var errBits = conf.TextError(hall.Text{ZH: "请写位号或范围，例如 3 或 0-3，最高 31", EN: "write a bit or a range of bits, e.g. 3 or 0-3, at most 31"})

// UnmarshalText reads "3" or "0-3".
func (r *bitRange) UnmarshalText(text []byte) error {
	first, last, both := strings.Cut(string(text), "-")
	low, err := strconv.ParseUint(first, 10, 8)
	high := low
	if both && err == nil {
		high, err = strconv.ParseUint(last, 10, 8)
	}
	if err != nil || high < low || high > maxBit {
		return errBits
	}
	*r = bitRange{shift: uint8(low), width: uint8(high - low + 1)}
	return nil
}

// of takes the bits out of a value.
func (r bitRange) of(n uint32) uint32 {
	if r.width == 0 {
		return n
	}
	return n >> r.shift & uint32(1<<uint64(r.width)-1)
}
