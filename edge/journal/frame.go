package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"time"

	"hallpulse/hall"
)

// A segment is a header and frames, all numbers little endian:
//
//	header = magic u32, version u8, lane u8, 0 u16, epoch u64, first u64, created u64 (µs since 1970), boot u32, cross u64, crc32c u32
//	frame  = magic u32, length u32, count u32, first u64, crc32c of the payload u32, crc32c of the header u32, payload
//
// The magic word and the checksum of its own let a reader find the next frame behind damage; a frame whose payload alone
// is damaged says exactly which records are lost.
const (
	segmentMagic   = 0x474A5048 // "HPJG"
	segmentVersion = 1
	segmentHeader  = 48
	frameMagic     = 0x9E7F5AF1
	frameHeader    = 28

	// MaxPayload is the longest payload of one frame, in bytes.
	MaxPayload = 4 << 20
	// MaxCount is the most records of one frame.
	MaxCount = 1 << 16
	// MaxSeq is the last sequence a lane can hold.
	MaxSeq = 1<<62 - 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// head is the header of a segment.
type head struct {
	lane    hall.Lane
	epoch   uint64
	first   uint64    // first sequence
	created time.Time // by the gateway's clock, so perhaps wrong
	boot    uint32
	cross   uint64 // last sequence of the other lane when the segment was made
}

func (h *head) encode() []byte {
	b := make([]byte, segmentHeader)
	le := binary.LittleEndian
	le.PutUint32(b, segmentMagic)
	b[4], b[5] = segmentVersion, byte(h.lane)
	le.PutUint64(b[8:], h.epoch)
	le.PutUint64(b[16:], h.first)
	le.PutUint64(b[24:], uint64(h.created.UnixMicro()))
	le.PutUint32(b[32:], h.boot)
	le.PutUint64(b[36:], h.cross)
	le.PutUint32(b[44:], crc32.Checksum(b[:44], castagnoli))
	return b
}

// decodeHead reads a segment's header; why is empty when it is whole.
func decodeHead(b []byte) (h head, why string) {
	le := binary.LittleEndian
	switch {
	case len(b) < segmentHeader:
		return h, "the header is cut"
	case le.Uint32(b) != segmentMagic:
		return h, "not a segment"
	case crc32.Checksum(b[:44], castagnoli) != le.Uint32(b[44:]):
		return h, "the header's checksum is wrong"
	case b[4] != segmentVersion:
		return h, "a segment of another version"
	}
	return head{
		lane: hall.Lane(b[5]), epoch: le.Uint64(b[8:]), first: le.Uint64(b[16:]), created: time.UnixMicro(int64(le.Uint64(b[24:]))).UTC(),
		boot: le.Uint32(b[32:]), cross: le.Uint64(b[36:]),
	}, ""
}

// appendFrame appends one frame to dst.
func appendFrame(dst []byte, first uint64, n int, payload []byte) []byte {
	at := len(dst)
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, frameMagic)
	dst = le.AppendUint32(dst, uint32(len(payload)))
	dst = le.AppendUint32(dst, uint32(n))
	dst = le.AppendUint64(dst, first)
	dst = le.AppendUint32(dst, crc32.Checksum(payload, castagnoli))
	dst = le.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
	return append(dst, payload...)
}

// mark is the header of a frame.
type mark struct {
	first  uint64
	count  int
	length int64
	crc    uint32
}

func (m *mark) last() uint64 { return m.first + uint64(m.count) - 1 }

func decodeMark(b []byte) (m mark, ok bool) {
	le := binary.LittleEndian
	if len(b) < frameHeader || le.Uint32(b) != frameMagic || crc32.Checksum(b[:24], castagnoli) != le.Uint32(b[24:]) {
		return m, false
	}
	length, count, first := le.Uint32(b[4:]), le.Uint32(b[8:]), le.Uint64(b[12:])
	if length > MaxPayload || count < 1 || count > MaxCount || first < 1 || first > MaxSeq {
		return m, false
	}
	return mark{length: int64(length), count: int(count), first: first, crc: le.Uint32(b[20:])}, true
}

// scan walks the frames of a segment and finds its way behind damage. size may grow between calls.
type scan struct {
	src  io.ReaderAt
	off  int64 // of the next frame
	size int64 // bytes that may be read
	buf  []byte
	at   int64 // offset of buf
}

// chunk is how much of a segment is read at once.
const chunk = 64 << 10

// bad tells what next could not read.
type bad struct {
	off    int64
	mark   mark // count 0: not known
	cut    bool // the frame does not end within the segment
	reason string
}

// next gives the next frame, valid until the following call; or the damage it stepped over; or io.EOF; or an error of src.
func (s *scan) next() (m mark, payload []byte, b *bad, err error) {
	start := s.off
	if s.size-start <= 0 {
		return m, nil, nil, io.EOF
	}
	raw, err := s.bytes(start, min(frameHeader, s.size-start))
	if err != nil {
		return m, nil, nil, err
	}
	m, ok := decodeMark(raw)
	if !ok {
		err := s.resync(start + 1)
		return m, nil, &bad{off: start, cut: true, reason: "no frame begins here"}, err
	}
	if m.length > s.size-start-frameHeader {
		err := s.resync(start + frameHeader)
		return m, nil, &bad{off: start, mark: m, cut: true, reason: "the frame is cut"}, err
	}
	payload, err = s.bytes(start+frameHeader, m.length)
	if err != nil {
		return m, nil, nil, err
	}
	s.off = start + frameHeader + m.length
	if crc32.Checksum(payload, castagnoli) != m.crc {
		return m, nil, &bad{off: start, mark: m, reason: "the frame's checksum is wrong"}, nil
	}
	return m, payload, nil, nil
}

// resync moves to the next whole frame header at or after off, or to the end.
func (s *scan) resync(off int64) error {
	magic := binary.LittleEndian.AppendUint32(nil, frameMagic)
	for s.size-off >= frameHeader {
		b, err := s.bytes(off, min(chunk, s.size-off))
		if err != nil {
			return err
		}
		i := bytes.Index(b, magic)
		if i < 0 {
			off += int64(len(b) - len(magic) + 1)
			continue
		}
		off += int64(i)
		if s.size-off < frameHeader {
			break
		}
		if b, err = s.bytes(off, frameHeader); err != nil {
			return err
		}
		if _, ok := decodeMark(b); ok {
			s.off = off
			return nil
		}
		off++
	}
	s.off = s.size
	return nil
}

// bytes gives n bytes at off; the caller keeps within size.
func (s *scan) bytes(off, n int64) ([]byte, error) {
	if lo := off - s.at; lo >= 0 && lo+n <= int64(len(s.buf)) {
		return s.buf[lo : lo+n], nil
	}
	want := min(max(n, chunk), s.size-off)
	if int64(cap(s.buf)) < want {
		s.buf = make([]byte, want)
	}
	s.buf, s.at = s.buf[:want], off
	if got, err := s.src.ReadAt(s.buf, off); err != nil && got < len(s.buf) {
		s.buf = s.buf[:0]
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return s.buf[:n], nil
}
