package journal

import (
	"errors"
	"io"
	"os"

	"hallpulse/hall"
)

// segment reads one file. next is where the segment behind it begins; 0: it is the newest.
func (in *inspector) segment(l *InspectedLane, s InspectedSegment, f *os.File, want *uint64, next uint64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.Bytes, s.Last = info.Size(), s.First-1
	if foreign, err := in.header(l.Lane, &s, f); err != nil || foreign {
		return err
	}
	*want = max(*want, s.First)
	if err := in.frames(l, &s, f, want, next); err != nil {
		return err
	}
	if next > *want {
		in.damage(&CorruptionError{Lane: l.Lane, File: s.File, Offset: s.Bytes, First: *want, Last: next - 1, Reason: "records are missing"})
		*want = next
	}
	l.Bytes += s.Bytes
	l.Segments = append(l.Segments, s)
	return nil
}

// header reads the words at the head of a segment; a segment of another journal is named and left alone.
func (in *inspector) header(id hall.Lane, s *InspectedSegment, f io.ReaderAt) (foreign bool, err error) {
	b := make([]byte, segmentHeader)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	h, why := decodeHead(b[:n])
	switch {
	case why == "" && (h.lane != id || h.first != s.First):
		why = "the header belongs to another file"
	case why == "" && in.out.Epoch != 0 && h.epoch != in.out.Epoch:
		why, foreign = "a segment of another journal", true
	case why == "":
		s.Boot, s.Epoch, s.Created = h.boot, h.epoch, h.created
		return false, nil
	}
	in.damage(&CorruptionError{Lane: id, File: s.File, Reason: why})
	return foreign, nil
}

// frames walks the frames of a segment as a Reader does.
func (in *inspector) frames(l *InspectedLane, s *InspectedSegment, f io.ReaderAt, want *uint64, next uint64) error {
	sc := scan{src: f, off: segmentHeader, size: s.Bytes}
	var held *bad // damage that may turn out to be an unfinished end
	for {
		m, payload, b, err := sc.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if held != nil {
			in.harm(l.Lane, s, held)
			held = nil
		}
		switch {
		case b != nil && b.cut && next == 0:
			held = b
		case b != nil:
			in.harm(l.Lane, s, b)
			if b.mark.count > 0 {
				*want = max(*want, b.mark.last()+1) // named already
			}
		case next != 0 && m.first >= next, m.last() < *want: // left by a write that failed; its sequence was given again
		default:
			if m.first > *want {
				in.damage(&CorruptionError{Lane: l.Lane, File: s.File, Offset: sc.off, First: *want, Last: m.first - 1, Reason: "records are missing"})
			}
			in.take(l, s, Frame{First: m.first, N: m.count, Payload: payload})
			*want = m.last() + 1
		}
	}
	if held != nil {
		s.Unfinished = s.Bytes - held.off
	}
	return nil
}

func (in *inspector) harm(id hall.Lane, s *InspectedSegment, b *bad) {
	e := &CorruptionError{Lane: id, File: s.File, Offset: b.off, Reason: b.reason}
	if b.mark.count > 0 {
		e.First, e.Last = b.mark.first, b.mark.last()
	}
	in.damage(e)
}

// take counts a frame that can be read.
func (in *inspector) take(l *InspectedLane, s *InspectedSegment, f Frame) {
	s.Frames++
	s.Records += uint64(f.N)
	s.Last = f.Last()
	l.Records += uint64(f.N)
	if l.First == 0 {
		l.First = f.First
	}
	l.Last = f.Last()
	if in.visit != nil {
		in.visit(l.Lane, f)
	}
}
