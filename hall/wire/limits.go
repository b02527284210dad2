package wire

import (
	"errors"
	"time"
)

// Limits of messages. A message beyond one is refused with ErrTooLarge.
const (
	MaxMessage   = 1 << 20   // bytes of one message as it travels
	MaxPlain     = 4 << 20   // bytes of one block of records, not compressed
	MaxFacts     = 4096      // records of a FactBatch
	MaxReadings  = 1 << 16   // records of a ReadingBatch, and of one journal frame
	MaxSeries    = 1 << 14   // different series of a ReadingBatch
	MaxElements  = MaxFacts  // elements of any array
	MaxDepth     = 16        // levels of nesting
	MaxPairs     = 256       // keys of any map
	MaxSeq       = 1<<62 - 1 // a sequence
	MaxPoisonRaw = 4 << 10   // bytes kept of a record that was set aside
)

// Limits of the fields of a fact, in bytes. Identifiers and numbers beyond them are refused; texts and Raw are cut when
// they are encoded.
const (
	MaxNumber = 16
	MaxID     = 64
	MaxText   = 256
	MaxRaw    = 1 << 10
)

// Times outside [minTime, maxTime) are refused in facts, and moved to the nearer end in readings and snapshots.
var (
	minTime = time.Unix(0, 0).UTC()
	maxTime = time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Causes of errors, for errors.Is.
var (
	ErrTooLarge  = errors.New("wire: too large")
	ErrMalformed = errors.New("wire: malformed")
)
