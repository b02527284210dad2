package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"hallpulse/hall"
)

// A frame of the journal's readings lane stands by itself: row by row, strings written once, times as differences.
//
//	frame = version uvarint, count uvarint, rows
//	row   = metric, device, part, at, boot, mono, value
//	text  = 0 length bytes (kept as the next string) | 1 + index of a kept string
//	at    = zigzag varint, ms since the row before; boot zigzag varint, since the row before; mono zigzag varint, µs since the row before
//	value = scale byte 0 to 9, zigzag varint | 0xff, 8 bytes of float64, little endian
const (
	frameVersion = 1
	rawFloat     = 0xff
	minRow       = 8 // bytes of the smallest row
)

// AppendReadings appends one journal frame that holds the readings, without their sequences. A reading with a name
// beyond MaxID is an error; times outside 1970 to 2200 are moved to the nearer end.
func AppendReadings(dst []byte, readings []hall.Reading) ([]byte, error) {
	if len(readings) > MaxReadings {
		return dst, fmt.Errorf("%w: a frame of %d readings, at most %d", ErrTooLarge, len(readings), MaxReadings)
	}
	start := dst
	dst = binary.AppendUvarint(dst, frameVersion)
	dst = binary.AppendUvarint(dst, uint64(len(readings)))
	kept := make(map[string]uint64, 16)
	var at, boot, mono int64
	for i := range readings {
		r := &readings[i]
		for _, s := range [...]string{string(r.Series.Metric), string(r.Series.Device), r.Series.Part} {
			if len(s) > MaxID {
				return start, fmt.Errorf("%w: a reading's name of %d bytes, at most %d", ErrTooLarge, len(s), MaxID)
			}
			if index, ok := kept[s]; ok {
				dst = binary.AppendUvarint(dst, 1+index)
				continue
			}
			kept[s] = uint64(len(kept))
			dst = appendText(append(dst, 0), s)
		}
		a, b, m := clampTime(r.At).UnixMilli(), int64(r.Boot), us(r.Mono)
		dst = binary.AppendVarint(dst, a-at)
		dst = binary.AppendVarint(dst, b-boot)
		dst = binary.AppendVarint(dst, m-mono)
		at, boot, mono = a, b, m
		dst = appendValue(dst, r.Value)
	}
	return dst, nil
}

func appendValue(dst []byte, v float64) []byte {
	if scale, ok := scaleFrom(v, 0); ok {
		m, _ := scaled(v, scale)
		return binary.AppendVarint(append(dst, byte(scale)), m)
	}
	return binary.LittleEndian.AppendUint64(append(dst, rawFloat), math.Float64bits(v))
}

// DecodeReadings decodes one journal frame. Sequences are left zero: the frame's first one is the journal's to know.
func DecodeReadings(data []byte) ([]hall.Reading, error) { return DecodeReadingsInto(nil, data) }

// DecodeReadingsInto is DecodeReadings that appends to dst; on an error dst is returned as it was.
func DecodeReadingsInto(dst []hall.Reading, data []byte) ([]hall.Reading, error) {
	r := reader{data: data}
	if v := r.uvarint(); v != frameVersion && r.err == nil {
		r.fail("a frame of version %d", v)
	}
	n := r.count(minRow, MaxReadings, "readings")
	start := dst
	if need := len(dst) + n; cap(dst) < need {
		dst = append(make([]hall.Reading, 0, need), dst...)
	}
	var row frameRow
	for ; n > 0 && r.err == nil; n-- {
		dst = append(dst, row.next(&r))
	}
	if r.end(); r.err != nil {
		return start, fmt.Errorf("wire: journal frame of readings: %w", r.err)
	}
	return dst, nil
}

// frameRow is what a row of a frame refers back to.
type frameRow struct {
	kept           []string
	at, boot, mono int64
}

func (w *frameRow) next(r *reader) hall.Reading {
	series := hall.Series{Metric: hall.Metric(w.text(r)), Device: hall.DeviceID(w.text(r)), Part: w.text(r)}
	w.at += r.varint()
	w.boot += r.varint()
	w.mono += r.varint()
	if w.at < minTime.UnixMilli() || w.at >= maxTime.UnixMilli() {
		r.fail("a time outside the years 1970 to 2200")
	}
	if w.boot < 0 || w.boot > math.MaxUint32 {
		r.fail("boot %d", w.boot)
	}
	if most := int64(math.MaxInt64 / time.Microsecond); w.mono > most || w.mono < -most {
		r.fail("mono of %d µs", w.mono)
	}
	return hall.Reading{
		Series: series, At: time.UnixMilli(w.at).UTC(), Boot: uint32(w.boot),
		Mono: time.Duration(w.mono) * time.Microsecond, Value: frameValue(r),
	}
}

func (w *frameRow) text(r *reader) string {
	index := r.uvarint()
	if index == 0 {
		w.kept = append(w.kept, r.text(MaxID))
		return w.kept[len(w.kept)-1]
	}
	if index > uint64(len(w.kept)) {
		r.fail("string %d of %d", index, len(w.kept))
		return ""
	}
	return w.kept[index-1]
}

func frameValue(r *reader) float64 {
	b := r.bytes(1)
	switch {
	case b == nil:
		return 0
	case b[0] == rawFloat:
		return r.float()
	case b[0] > maxScale:
		r.fail("a value with %d decimals", b[0])
		return 0
	}
	return float64(r.varint()) / pow10[b[0]]
}
