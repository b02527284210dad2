package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hallpulse/hall"
)

// segment is one file of a lane. Its fields are fixed but size, which j.mu guards.
type segment struct {
	first uint64 // by the name
	path  string
	head  head  // zero where the header cannot be read
	size  int64 // bytes that readers may see
}

// writer is the segment being written. written and synced are under lane.io.
type writer struct {
	seg     *segment
	f       File
	written int64
	synced  int64
	mu      sync.Mutex // keeps a sync and the close apart
	closed  bool
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	return w.f.Close()
}

// begin makes a new segment. The caller holds io.
func (l *lane) begin() error {
	l.j.mu.Lock()
	h := head{lane: l.id, epoch: l.j.epoch, first: l.last + 1, created: l.j.opts.Now(), boot: l.j.boot, cross: l.j.other(l).last}
	l.j.mu.Unlock()
	seg := &segment{first: h.first, path: l.path(h.first), head: h, size: segmentHeader}
	f, err := l.j.fs.Create(seg.path)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	n, err := f.Write(h.encode())
	if err == nil && n != segmentHeader {
		err = errors.New("short write")
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = l.j.fs.SyncDir(l.dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("journal: %s: %w", seg.path, err), f.Close(), l.j.fs.Remove(seg.path))
	}
	l.active = &writer{seg: seg, f: f, written: segmentHeader, synced: segmentHeader}
	l.j.mu.Lock()
	l.segs, l.open = append(l.segs, seg), seg
	l.j.total += segmentHeader
	l.j.mu.Unlock()
	return nil
}

// seal syncs and closes the segment being written. The caller holds io.
func (l *lane) seal() error {
	w := l.active
	if w == nil {
		return nil
	}
	if l.id == hall.Readings && w.synced < w.written {
		if err := w.f.Sync(); err != nil {
			return l.failed(w, err)
		}
	}
	l.retire(w)
	if err := w.close(); err != nil {
		return fmt.Errorf("journal: %s: %w", w.seg.path, err)
	}
	return nil
}

// abandon closes the segment after a failed write, cut behind its last good frame. Should the cut fail, readers still
// stop there: the next segment begins with the same sequence. The caller holds io.
func (l *lane) abandon() error {
	w := l.active
	errs := []error{w.f.Truncate(w.written)}
	if l.id == hall.Readings && w.synced < w.written {
		errs = append(errs, l.seal())
	} else {
		l.retire(w)
		errs = append(errs, w.close())
	}
	if w.written == segmentHeader { // nothing in it: the next segment has the same name
		l.j.mu.Lock()
		l.drop(w.seg)
		l.j.mu.Unlock()
		errs = append(errs, l.j.fs.Remove(w.seg.path))
	}
	return errors.Join(errs...)
}

// retire ends the writing of w: readers may see all of it. The caller holds io.
func (l *lane) retire(w *writer) {
	l.active = nil
	l.j.mu.Lock()
	last := l.last
	l.open = nil
	l.j.mu.Unlock()
	l.publish(w, w.written, last)
}

// drop takes a segment off the list. The caller holds j.mu.
func (l *lane) drop(s *segment) {
	if i := slices.Index(l.segs, s); i >= 0 {
		l.segs = slices.Delete(l.segs, i, i+1)
		l.j.total -= s.size
	}
}

// leap lets the lane go on behind seq.
func (l *lane) leap(seq uint64) error {
	l.io.Lock()
	defer l.io.Unlock()
	err := l.seal()
	l.j.mu.Lock()
	defer l.j.mu.Unlock()
	if seq <= l.last {
		return err
	}
	l.j.damage(&CorruptionError{Lane: l.id, File: l.dir, First: l.last + 1, Last: seq, Reason: "the county has records that the journal lost"})
	l.last, l.acked, l.j.dirty = seq, seq, true
	l.grow(seq)
	return err
}

// list finds the segments of the lane and reads their headers.
func (l *lane) list() error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := l.j.fs.SyncDir(l.j.dir); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	files, err := os.ReadDir(l.dir)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), suffix)
		first, err := strconv.ParseUint(name, 10, 64)
		if !ok || err != nil || first == 0 || first > MaxSeq || !f.Type().IsRegular() {
			continue
		}
		s := &segment{first: first, path: filepath.Join(l.dir, f.Name())}
		if err := l.stat(s); err != nil {
			return err
		}
		l.segs = append(l.segs, s)
	}
	slices.SortFunc(l.segs, func(a, b *segment) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
	return nil
}

// stat reads size and header of a segment. A header that cannot be read costs nothing but its words.
func (l *lane) stat(s *segment) error {
	f, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	s.size = info.Size()
	b := make([]byte, segmentHeader)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		l.j.damage(&CorruptionError{Lane: l.id, File: s.path, Reason: err.Error()})
		return nil
	}
	h, why := decodeHead(b[:n])
	if why == "" && (h.lane != l.id || h.first != s.first) {
		h, why = head{}, "the header belongs to another file"
	}
	if why != "" {
		l.j.damage(&CorruptionError{Lane: l.id, File: s.path, Reason: why})
	}
	s.head = h
	return nil
}

// load settles where the lane goes on, after list and once the epoch is known.
func (l *lane) load() error {
	l.segs = slices.DeleteFunc(l.segs, func(s *segment) bool {
		foreign := s.head.epoch != 0 && s.head.epoch != l.j.epoch
		if foreign {
			l.j.damage(&CorruptionError{Lane: l.id, File: s.path, Reason: "a segment of another journal; left alone"})
		}
		return foreign
	})
	if n := len(l.segs); n > 0 {
		keep, err := l.recover(l.segs[n-1])
		if err != nil {
			return err
		}
		if !keep {
			l.segs = l.segs[:n-1]
		}
	}
	l.last = max(l.last, l.acked, l.known)
	l.durable = l.last
	for _, s := range l.segs {
		l.j.total += s.size
	}
	return nil
}

// recover scans the newest segment, cuts off what is not a frame at its end and sets l.last. keep is false when the
// file held nothing and was removed.
func (l *lane) recover(s *segment) (keep bool, err error) {
	l.last = s.first - 1
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	end, err := l.scanLast(s, f)
	if err == nil && end < s.size {
		if err = f.Truncate(end); err == nil {
			err = f.Sync()
		}
		s.size = end
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, fmt.Errorf("journal: %s: %w", s.path, err)
	}
	if s.size > segmentHeader {
		return true, nil
	}
	if err := errors.Join(l.j.fs.Remove(s.path), l.j.fs.SyncDir(l.dir)); err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	return false, nil
}

// scanLast gives the end of the last frame of a segment and moves l.last to it. A frame whose header is whole counts even
// when its payload is not: its sequences were given away.
func (l *lane) scanLast(s *segment, f io.ReaderAt) (end int64, err error) {
	sc := scan{src: f, off: segmentHeader, size: s.size}
	end = min(segmentHeader, s.size)
	var torn *bad
	for {
		m, _, b, err := sc.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if b != nil && b.cut {
			torn = b
			continue
		}
		if b != nil {
			m = b.mark
		}
		if m.last() > l.last {
			l.last = m.last()
		}
		end, torn = sc.off, nil
	}
	if torn != nil {
		l.j.damage(&CorruptionError{
			Lane: l.id, File: s.path, Offset: torn.off, Reason: fmt.Sprintf("%d bytes at the end are no whole frame; cut off", s.size-end),
		})
	}
	return end, nil
}
