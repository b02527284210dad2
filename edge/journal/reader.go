package journal

import (
	"errors"
	"fmt"
	"io"
	"os"

	"hallpulse/hall"
)

// Frame is what one Append stored. Payload is valid until the next call of Next.
type Frame struct {
	First   uint64
	N       int
	Payload []byte
}

// Last is the sequence of the frame's last record.
func (f *Frame) Last() uint64 { return f.First + uint64(f.N) - 1 }

// Reader reads the durable frames of a lane in order. It belongs to one goroutine; appending and trimming go on beside it.
type Reader struct {
	l    *lane
	want uint64 // next sequence
	seg  *segment
	next uint64 // where the segment behind seg begins; 0: there is none
	file *os.File
	scan scan
}

// Reader gives a reader that begins with the frame holding sequence from, or with the oldest one where from is gone.
// Where records are missing or cannot be read, a frame's First is beyond the last one's end: the reader goes on behind.
func (j *Journal) Reader(id hall.Lane, from uint64) *Reader {
	return &Reader{l: j.lane(id), want: max(from, 1)}
}

// Close gives the reader's file free.
func (r *Reader) Close() error {
	r.seg = nil
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// Next gives the next frame. At the end of what is durable it gives io.EOF at once; a later call goes on from there.
func (r *Reader) Next() (Frame, error) {
	if r.l == nil {
		return Frame{}, ErrRecord
	}
	for {
		more, err := r.locate()
		if err != nil {
			return Frame{}, err
		}
		if !more {
			return Frame{}, io.EOF
		}
		m, payload, bad, err := r.scan.next()
		switch {
		case errors.Is(err, io.EOF):
			continue // locate sees that the segment is read to its end
		case err != nil:
			r.harm(bad, err.Error())
			r.scan.off = r.scan.size
		case bad != nil:
			r.harm(bad, bad.reason)
		case r.next != 0 && m.first >= r.next: // left by a write that failed; its sequence was given again
			r.scan.off = r.scan.size
		case m.last() < r.want:
			continue
		default:
			f := Frame{First: m.first, N: m.count, Payload: payload}
			r.want = m.last() + 1
			return f, nil
		}
	}
}

// locate opens the segment that holds r.want and lets scan see all of it that is durable. more is false at the end.
func (r *Reader) locate() (more bool, err error) {
	for {
		s, size, next := r.find()
		if s == nil {
			return false, nil
		}
		if s != r.seg {
			if err := r.open(s, size); err != nil {
				return false, err
			}
		}
		r.scan.size, r.next = size, next
		if r.scan.off < size {
			return true, nil
		}
		if next == 0 {
			return false, nil
		}
		if next > r.want { // the segment ends before the next one begins
			r.l.j.damage(&CorruptionError{Lane: r.l.id, File: s.path, Offset: size, First: r.want, Last: next - 1, Reason: "records are missing"})
			r.want = next
		}
	}
}

// find gives the segment for r.want, how much of it may be read, and where the one behind it begins (0: there is none).
func (r *Reader) find() (s *segment, size int64, next uint64) {
	r.l.j.mu.Lock()
	defer r.l.j.mu.Unlock()
	segs := r.l.segs
	if len(segs) == 0 {
		return nil, 0, 0
	}
	r.want = max(r.want, segs[0].first) // the rest was trimmed
	i := len(segs) - 1
	for i > 0 && segs[i].first > r.want {
		i--
	}
	if i+1 < len(segs) {
		next = segs[i+1].first
	}
	return segs[i], segs[i].size, next
}

func (r *Reader) open(s *segment, size int64) error {
	if err := r.Close(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	f, err := os.Open(s.path)
	if errors.Is(err, os.ErrNotExist) { // trimmed since find, or taken away
		if r.l.holds(s) {
			r.l.j.damage(&CorruptionError{Lane: r.l.id, File: s.path, Reason: "the file is gone"})
		}
		r.seg, r.scan = s, scan{off: size, size: size}
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	r.seg, r.file = s, f
	r.scan = scan{src: f, off: segmentHeader, size: size, buf: r.scan.buf[:0]}
	return nil
}

func (l *lane) holds(s *segment) bool {
	l.j.mu.Lock()
	defer l.j.mu.Unlock()
	for _, have := range l.segs {
		if have == s {
			return true
		}
	}
	return false
}

// harm puts damage of the current segment into the report.
func (r *Reader) harm(b *bad, reason string) {
	e := &CorruptionError{Lane: r.l.id, File: r.seg.path, Offset: r.scan.off, Reason: reason}
	if b != nil {
		e.Offset = b.off
		if b.mark.count > 0 {
			e.First, e.Last = b.mark.first, b.mark.last()
		}
	}
	r.l.j.damage(e)
}
