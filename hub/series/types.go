// Package series stores readings and gives them back by step. Two engines stand behind one small interface and one
// conformance suite: Prometheus' TSDB embedded (the default) and InfluxDB.
package series

import (
	"context"
	"time"

	"hallpulse/hall"
)

// Batch is readings of one hall.
type Batch struct {
	Hall     hall.HallID
	Readings []hall.Reading
}

// Range asks for one metric of one hall in steps. Steps start at From; each covers [t, t+Step).
type Range struct {
	Hall   hall.HallID
	Metric hall.Metric
	Device hall.DeviceID // empty: any
	Part   *string       // nil: any
	From   time.Time
	To     time.Time
	Step   time.Duration
}

// Point is the readings of one step. A step without readings has no point: a gap stays a gap.
type Point struct {
	T    time.Time `json:"t"`
	Mean float64   `json:"mean"`
	Min  float64   `json:"min"`
	Max  float64   `json:"max"`
	Last float64   `json:"last"`
	N    int       `json:"n"`
}

// Result is one series of a range.
type Result struct {
	Series hall.Series `json:"series"`
	Points []Point     `json:"points"`
}

// Engine keeps readings.
type Engine interface {
	// Write stores every batch durably before it returns nil: synced, so that the hub may acknowledge. The same reading
	// twice is one. An error means that any part may be missing, and that writing all of it again is harmless.
	Write(ctx context.Context, batches []Batch) error
	// Query gives the series of r, ordered by device and part.
	Query(ctx context.Context, r Range) ([]Result, error)
	Close() error
}
