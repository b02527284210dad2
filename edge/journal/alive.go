package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// AliveMark says when the program was last known to run.
type AliveMark struct {
	Wall time.Time
	Mono time.Duration // since the start of Boot
	Boot uint32
}

// The alive file has two slots on different pages, written in turn: a torn write leaves the other.
const (
	aliveName  = "alive"
	aliveSlot  = 4096
	aliveBytes = 32
)

type alive struct {
	mu    sync.Mutex
	f     *os.File
	n     uint64
	boot  uint32
	dirty bool
	prev  AliveMark
	has   bool
}

// openAlive reads the newest whole mark and keeps the file for new ones.
func openAlive(dir string) (*alive, error) {
	f, err := os.OpenFile(filepath.Join(dir, aliveName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	a := &alive{f: f}
	for slot := range int64(2) {
		b := make([]byte, aliveBytes)
		if _, err := f.ReadAt(b, slot*aliveSlot); err != nil {
			if errors.Is(err, io.EOF) {
				continue
			}
			_ = f.Close()
			return nil, fmt.Errorf("journal: alive: %w", err)
		}
		if n, m, ok := decodeAlive(b); ok && n > a.n {
			a.n, a.prev, a.has = n, m, true
		}
	}
	return a, nil
}

func decodeAlive(b []byte) (n uint64, m AliveMark, ok bool) {
	le := binary.LittleEndian
	if len(b) < aliveBytes || crc32.Checksum(b[:28], castagnoli) != le.Uint32(b[28:]) {
		return 0, m, false
	}
	return le.Uint64(b), AliveMark{
		Wall: time.UnixMicro(int64(le.Uint64(b[8:]))).UTC(), Mono: time.Duration(le.Uint64(b[16:])), Boot: le.Uint32(b[24:]),
	}, true
}

func (a *alive) put(wall time.Time, mono time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	b := make([]byte, aliveBytes)
	le := binary.LittleEndian
	le.PutUint64(b, a.n)
	le.PutUint64(b[8:], uint64(wall.UnixMicro()))
	le.PutUint64(b[16:], uint64(mono))
	le.PutUint32(b[24:], a.boot)
	le.PutUint32(b[28:], crc32.Checksum(b[:28], castagnoli))
	if _, err := a.f.WriteAt(b, int64(a.n%2)*aliveSlot); err != nil {
		return fmt.Errorf("journal: alive: %w", err)
	}
	a.dirty = true
	return nil
}

// sync makes the mark durable; without it a power cut leaves an older one. Marks go on while the disk works: one that waited
// for a slow disk would make the next gap longer than it was.
func (a *alive) sync() error {
	a.mu.Lock()
	dirty := a.dirty
	a.dirty = false
	a.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := a.f.Sync(); err != nil {
		return fmt.Errorf("journal: alive: %w", err)
	}
	return nil
}
