package wire

import (
	"encoding/binary"
	"fmt"
	"time"

	"hallpulse/hall"
)

// The block of a reading batch, before packing, is columnar:
//
//	block  = version uvarint, series count uvarint, series…, times of every series, values of every series
//	series = metric, device, part (each: length uvarint, bytes), readings uvarint, value form byte
//	times  = zigzag varints in ms: the first, the first difference, then differences of differences
//	values = form 0 to 9: zigzag varints, differences of value × 10^form;
//	         form 0xff: uvarints, bits of the value XOR bits of the value before
const (
	blockVersion = 1
	minSeries    = 5 // bytes of the smallest series in the dictionary
)

// EncodeReadingBatch encodes b. Sequences of the readings, Boot and Mono are not sent. A reading with a name beyond
// MaxID is an error; times outside 1970 to 2200 are moved to the nearer end.
func EncodeReadingBatch(b ReadingBatch) ([]byte, error) {
	if err := checkPosition(b.First, b.Oldest, len(b.Readings), MaxReadings); err != nil {
		return nil, err
	}
	columns, err := group(b.Readings)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, 0, 64*len(columns)+4*len(b.Readings))
	plain = binary.AppendUvarint(plain, blockVersion)
	plain = binary.AppendUvarint(plain, uint64(len(columns)))
	for _, c := range columns {
		plain = c.appendHead(plain)
	}
	for _, c := range columns {
		plain = c.appendTimes(plain)
	}
	for _, c := range columns {
		plain = c.appendValues(plain)
	}
	if len(plain) > MaxPlain {
		return nil, fmt.Errorf("%w: a reading batch of %d bytes, at most %d", ErrTooLarge, len(plain), MaxPlain)
	}
	block, how := pack(plain)
	return marshal("reading batch", batchWire{b.Epoch, b.First, b.Oldest, uint32(len(b.Readings)), how, block})
}

// DecodeReadingBatch decodes a batch: readings grouped by series, sequences given in that order.
func DecodeReadingBatch(data []byte) (ReadingBatch, error) {
	w, plain, err := openBatch("reading batch", data, MaxReadings)
	if err != nil {
		return ReadingBatch{}, err
	}
	r := reader{data: plain}
	if v := r.uvarint(); v != blockVersion && r.err == nil {
		r.fail("a block of version %d", v)
	}
	columns, total := readHeads(&r)
	if r.err == nil && total != int(w.Count) {
		r.fail("%d readings, the envelope says %d", total, w.Count)
	}
	b := ReadingBatch{Epoch: w.Epoch, First: w.First, Oldest: w.Oldest}
	if r.err == nil && total > 0 {
		b.Readings = make([]hall.Reading, total)
		readTimes(&r, columns, b.Readings)
		readValues(&r, columns, b.Readings)
	}
	if r.end(); r.err != nil {
		return ReadingBatch{}, fmt.Errorf("wire: reading batch: %w", r.err)
	}
	for i := range b.Readings {
		b.Readings[i].Seq = b.First + uint64(i)
	}
	return b, nil
}

// head describes a column of a received block.
type head struct {
	series hall.Series
	n      int
	form   byte
}

// readHeads reads the dictionary. Each reading takes at least two bytes of what follows, so total is bounded by it.
func readHeads(r *reader) (columns []head, total int) {
	columns = make([]head, r.count(minSeries, MaxSeries, "series"))
	for i := range columns {
		c := &columns[i]
		c.series = hall.Series{Metric: hall.Metric(r.text(MaxID)), Device: hall.DeviceID(r.text(MaxID)), Part: r.text(MaxID)}
		c.n = r.count(1, MaxReadings, "readings")
		if form := r.bytes(1); form != nil {
			c.form = form[0]
		}
		if c.form > maxScale && c.form != rawFloat {
			r.fail("a column of form %d", c.form)
		}
		if total += c.n; total > MaxReadings {
			r.fail("more than %d readings", MaxReadings)
		}
		if r.err != nil {
			return nil, 0
		}
	}
	if total > len(r.data)/2 {
		r.fail("%d readings in %d bytes", total, len(r.data))
	}
	return columns, total
}

func readTimes(r *reader, columns []head, out []hall.Reading) {
	least, most := minTime.UnixMilli(), maxTime.UnixMilli()
	for i := range columns {
		c := &columns[i]
		var at, step int64
		for j := range out[:c.n] {
			if j == 0 {
				at = r.varint()
			} else {
				step += r.varint()
				at += step
			}
			if at < least || at >= most {
				r.fail("a time outside the years 1970 to 2200")
			}
			if r.err != nil {
				return
			}
			out[j].Series, out[j].At = c.series, time.UnixMilli(at).UTC()
		}
		out = out[c.n:]
	}
}
