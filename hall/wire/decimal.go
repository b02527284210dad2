package wire

import "math"

// maxScale is the largest number of decimals that is tried before a value travels as its bits.
const maxScale = 9

// pow10 are the exact powers of ten that scales stand for.
var pow10 = [maxScale + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// maxExact bounds the scaled values: up to here every whole number is a float64.
const maxExact = 1 << 53

// scaled gives m with v == m / 10^scale, bit for bit; ok is false where there is none.
func scaled(v float64, scale int) (m int64, ok bool) {
	p := math.Round(v * pow10[scale])
	if !(p > -maxExact && p < maxExact) { // also NaN
		return 0, false
	}
	m = int64(p)
	return m, math.Float64bits(float64(m)/pow10[scale]) == math.Float64bits(v)
}

// scaleFrom gives the smallest scale, from at least, at which v is exact; ok is false where there is none.
func scaleFrom(v float64, least int) (scale int, ok bool) {
	for scale = least; scale <= maxScale; scale++ {
		if _, ok = scaled(v, scale); ok {
			return scale, true
		}
	}
	return 0, false
}
