package wire

import (
	"encoding/binary"
	"fmt"
	"math"

	"hallpulse/hall"
)

// column is one series of a batch on its way out.
type column struct {
	series hall.Series
	form   byte // number of decimals, or rawFloat
	rows   []*hall.Reading
}

// group sorts readings into columns, in order of first appearance.
func group(readings []hall.Reading) ([]*column, error) {
	index := make(map[hall.Series]*column)
	var columns []*column
	for i := range readings {
		r := &readings[i]
		c := index[r.Series]
		if c == nil {
			if err := checkSeries(r.Series); err != nil {
				return nil, err
			}
			c = &column{series: r.Series}
			index[r.Series] = c
			columns = append(columns, c)
		}
		c.rows = append(c.rows, r)
	}
	if len(columns) > MaxSeries {
		return nil, fmt.Errorf("%w: a batch of %d series, at most %d", ErrTooLarge, len(columns), MaxSeries)
	}
	for _, c := range columns {
		c.form = c.choose()
	}
	return columns, nil
}

func checkSeries(s hall.Series) error {
	if most := max(len(s.Metric), len(s.Device), len(s.Part)); most > MaxID {
		return fmt.Errorf("%w: a reading's name of %d bytes, at most %d", ErrTooLarge, most, MaxID)
	}
	return nil
}

// choose finds the smallest number of decimals at which every value is exact.
func (c *column) choose() byte {
	scale, ok := 0, true
	for _, r := range c.rows {
		if scale, ok = scaleFrom(r.Value, scale); !ok {
			return rawFloat
		}
	}
	for _, r := range c.rows { // a large value may have lost exactness when the scale grew after it
		if _, ok := scaled(r.Value, scale); !ok {
			return rawFloat
		}
	}
	return byte(scale)
}

func (c *column) appendHead(dst []byte) []byte {
	dst = appendText(dst, string(c.series.Metric))
	dst = appendText(dst, string(c.series.Device))
	dst = appendText(dst, c.series.Part)
	dst = binary.AppendUvarint(dst, uint64(len(c.rows)))
	return append(dst, c.form)
}

func (c *column) appendTimes(dst []byte) []byte {
	var before, step int64
	for i, r := range c.rows {
		at := clampTime(r.At).UnixMilli()
		if i == 0 {
			dst = binary.AppendVarint(dst, at)
		} else {
			dst = binary.AppendVarint(dst, at-before-step)
			step = at - before
		}
		before = at
	}
	return dst
}

func (c *column) appendValues(dst []byte) []byte {
	if c.form == rawFloat {
		var before uint64
		for _, r := range c.rows {
			b := math.Float64bits(r.Value)
			dst = binary.AppendUvarint(dst, b^before)
			before = b
		}
		return dst
	}
	var before int64
	for _, r := range c.rows {
		m, _ := scaled(r.Value, int(c.form))
		dst = binary.AppendVarint(dst, m-before)
		before = m
	}
	return dst
}

func readValues(r *reader, columns []head, out []hall.Reading) {
	for i := range columns {
		c := &columns[i]
		if c.form == rawFloat {
			var b uint64
			for j := range out[:c.n] {
				b ^= r.uvarint()
				out[j].Value = math.Float64frombits(b)
			}
		} else {
			var m int64
			p := pow10[c.form]
			for j := range out[:c.n] {
				m += r.varint()
				out[j].Value = float64(m) / p
			}
		}
		out = out[c.n:]
	}
}
