package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"hallpulse/hall/conf"
)

// Size is a number of bytes, written with a unit: 64MiB, 2GB.
type Size int64

var errSize = conf.TextError{ZH: "大小须为整数加单位，例如 64MiB、2GB", EN: "a size is a whole number with a unit, e.g. 64MiB or 2GB"}

// sizeUnits are tried in this order, so that MiB is not taken for B.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(string(text), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/u.bytes {
			return errSize
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return errSize
}

// String gives the size in the largest binary unit in which it is whole.
func (s Size) String() string {
	for i := 3; i >= 0; i-- {
		if u := sizeUnits[i]; s > 0 && int64(s)%u.bytes == 0 {
			return fmt.Sprintf("%d%s", int64(s)/u.bytes, u.name)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}
