package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// reader takes varints and bytes off a block and keeps the first mistake; after one it gives zeros.
type reader struct {
	data []byte
	err  error
}

func (r *reader) uvarint() uint64 {
	if len(r.data) > 0 && r.data[0] < 0x80 { // nearly all of them
		v := r.data[0]
		r.data = r.data[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.fail("a number is cut off or too long")
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// count takes a number of things that take at least size bytes each.
func (r *reader) count(size, most int, what string) int {
	n := r.uvarint()
	if n > uint64(most) || n > uint64(len(r.data)/size) {
		r.fail("%d %s in %d bytes, at most %d", n, what, len(r.data), most)
		return 0
	}
	return int(n)
}

// bytes takes n bytes; they are not copied.
func (r *reader) bytes(n int) []byte {
	if r.err != nil || n > len(r.data) {
		r.fail("%d bytes missing", n-len(r.data))
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

// text takes a string of at most most bytes.
func (r *reader) text(most int) string { return string(r.bytes(r.count(1, most, "bytes of text"))) }

func (r *reader) float() float64 {
	b := r.bytes(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

// end says that nothing may follow.
func (r *reader) end() {
	if len(r.data) > 0 {
		r.fail("%d bytes too many", len(r.data))
	}
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
	r.data = nil
}

func appendText(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}
