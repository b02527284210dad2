package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// meta is the small file beside the lanes: one line of JSON, one line with its checksum.
type meta struct {
	Version  int    `json:"version"`
	Epoch    uint64 `json:"epoch"`
	Boot     uint32 `json:"boot"`
	Facts    cursor `json:"facts"`
	Readings cursor `json:"readings"`
}

// cursor is how far the county has stored a lane, and how many records were given up before it had them. Last is for a lane
// that gave up all it held: no sequence is used twice.
type cursor struct {
	Acked   uint64 `json:"acked"`
	Dropped uint64 `json:"dropped"`
	Last    uint64 `json:"last,omitempty"`
}

const (
	metaName    = "meta"
	metaVersion = 1
	maxMeta     = 4 << 10
)

func (m *meta) encode() ([]byte, error) {
	line, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(line, "\n%08x\n", crc32.Checksum(line, castagnoli)), nil
}

func decodeMeta(b []byte) (m meta, why string) {
	line, rest, ok := bytes.Cut(b, []byte("\n"))
	if !ok || len(b) > maxMeta {
		return m, "the file is cut"
	}
	if want := fmt.Sprintf("%08x", crc32.Checksum(line, castagnoli)); string(bytes.TrimSpace(rest)) != want {
		return m, "the checksum is wrong"
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return meta{}, err.Error()
	}
	if m.Version != metaVersion || m.Epoch == 0 || max(m.Facts.Acked, m.Facts.Last, m.Readings.Acked, m.Readings.Last) > MaxSeq {
		return meta{}, "not a journal of this version"
	}
	return m, ""
}

// loadMeta reads the meta file; ok is false when there is none that can be used.
func (j *Journal) loadMeta() (m meta, ok bool, err error) {
	path := filepath.Join(j.dir, metaName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("journal: %w", err)
	}
	m, why := decodeMeta(b)
	if why != "" {
		j.damage(&CorruptionError{File: path, Reason: why + "; made anew from the segments"})
		return meta{}, false, nil
	}
	return m, true, nil
}

// saveMeta writes the meta file.
func (j *Journal) saveMeta() error {
	j.metaMu.Lock()
	defer j.metaMu.Unlock()
	j.mu.Lock()
	f, r := j.facts, j.readings
	m := meta{
		Version: metaVersion, Epoch: j.epoch, Boot: j.boot,
		Facts: cursor{f.acked, f.dropped, f.durable}, Readings: cursor{r.acked, r.dropped, r.durable},
	}
	j.dirty = false
	j.mu.Unlock()
	b, err := m.encode()
	if err == nil {
		err = writeAtomic(j.fs, filepath.Join(j.dir, metaName), b)
	}
	if err != nil {
		j.mu.Lock()
		j.dirty = true
		j.mu.Unlock()
		return fmt.Errorf("journal: meta: %w", err)
	}
	return nil
}

// newEpoch gives a random number of 63 bits that is not zero: it fits the signed integers of databases.
func newEpoch() uint64 {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails: see crypto/rand
		if e := binary.LittleEndian.Uint64(b[:]) >> 1; e != 0 {
			return e
		}
	}
}
