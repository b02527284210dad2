package escpos

import (
	"errors"
	"fmt"
)

// The kinds of status that a printer tells at once, also while it is offline (DLE EOT n; Rongta RP32x command set, Star ESC/POS
// mode manual).
const (
	StatusPrinter byte = 1
	StatusOffline byte = 2 // why it is offline
	StatusError   byte = 3
	StatusPaper   byte = 4
)

// Query gives the bytes that ask for a kind of status. The answer is one byte.
func Query(kind byte) []byte { return []byte{dle, 0x04, kind} }

// Status is what a printer says of itself, in the kinds of status that it was asked for.
type Status struct {
	Offline     bool // it does not print, whatever the reason
	Cover       bool // is open
	PaperLow    bool // near its end
	PaperEnd    bool
	Cutter      bool // does not cut
	Fatal       bool // an error that only a technician ends
	Recoverable bool // an error that ends by itself: the head is hot
	Failed      bool // an error that is not told
}

// ErrNoStatus says that a byte is no status.
var ErrNoStatus = errors.New("escpos: no status")

// The bits of every status byte that do not change.
const (
	statusMask  = 0x93
	statusFixed = 0x12
)

// IsStatus says whether a byte answers a Query. Other words of a printer, automatic status and flow control, do not look like it.
func IsStatus(b byte) bool { return b&statusMask == statusFixed }

// Take adds the answer to a query of a kind to s. The error is an [ErrNoStatus], and s is as before.
func (s *Status) Take(kind, b byte) error {
	if !IsStatus(b) {
		return fmt.Errorf("%w: %02X", ErrNoStatus, b)
	}
	switch kind {
	case StatusPrinter:
		s.Offline = b&0x08 != 0
	case StatusOffline:
		s.Cover, s.Failed = b&0x04 != 0, b&0x40 != 0
		s.PaperEnd = s.PaperEnd || b&0x20 != 0
	case StatusError:
		s.Cutter, s.Fatal, s.Recoverable = b&0x08 != 0, b&0x20 != 0, b&0x40 != 0
	case StatusPaper:
		s.PaperLow = b&0x0C != 0
		s.PaperEnd = s.PaperEnd || b&0x60 != 0
	default:
		return fmt.Errorf("%w: kind %d", ErrNoStatus, kind)
	}
	return nil
}

// Queries finds the queries in what is sent to a printer, in whatever pieces. The zero value is ready.
type Queries struct{ begun int }

// Feed calls found with the kind of each query that ends in chunk.
func (q *Queries) Feed(chunk []byte, found func(kind byte)) {
	for _, b := range chunk {
		switch {
		case q.begun == 2:
			q.begun = 0
			if b >= StatusPrinter && b <= StatusPaper {
				found(b)
			}
		case q.begun == 1 && b == 0x04:
			q.begun = 2
			continue
		}
		if q.begun < 2 {
			q.begun = 0
		}
		if b == dle {
			q.begun = 1
		}
	}
}
