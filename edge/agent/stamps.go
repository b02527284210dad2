package agent

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"sync"

	"hallpulse/edge/driver/attendance"
)

var _ attendance.StampStore = (*stamps)(nil)

// stampsFile keeps how far terminals have told their punches.
const stampsFile = "stamps.json"

// stamps spares terminals to tell their whole memory at each start of the gateway. It belongs to one journal: for another
// one, which does not have the punches, terminals tell everything.
type stamps struct {
	path string

	mu   sync.Mutex
	kept stampsKept
}

type stampsKept struct {
	Epoch  uint64            `json:"epoch"`
	Stamps map[string]string `json:"stamps"` // by serial and table
}

// openStamps reads the file. One that cannot be read costs a re-send and nothing more.
func openStamps(path string, epoch uint64, log *slog.Logger) *stamps {
	s := &stamps{path: path}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &s.kept)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		log.Warn("the terminals' stamps cannot be read; terminals tell their punches again", "file", path, "err", err)
	}
	if err != nil || s.kept.Epoch != epoch || s.kept.Stamps == nil {
		s.kept = stampsKept{Epoch: epoch, Stamps: map[string]string{}}
	}
	return s
}

func stampKey(serial, table string) string { return serial + " " + table }

// Stamp gives the stamp kept last; empty: none.
func (s *stamps) Stamp(serial, table string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Stamps[stampKey(serial, table)]
}

// SetStamp keeps a stamp durably. What could not be written is not kept.
func (s *stamps) SetStamp(serial, table, stamp string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := stampKey(serial, table)
	if s.kept.Stamps[key] == stamp {
		return nil
	}
	next := stampsKept{Epoch: s.kept.Epoch, Stamps: maps.Clone(s.kept.Stamps)}
	next.Stamps[key] = stamp
	if err := writeFile(s.path, &next); err != nil {
		return err
	}
	s.kept = next
	return nil
}
