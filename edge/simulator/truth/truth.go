// Package truth writes down every physical event that simulated equipment caused, by the equipment's own hand: one JSON
// object a line. It is the ground truth that `hallpulse reconcile` holds against what the county stored; the code under
// test never writes it.
package truth

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"hallpulse/hall"
)

// Kinds of event beside the fact kinds "ticket", "call", "invite", "rating", "punch" and "passage".
const (
	KindOutage = "outage" // a gateway's program was dead from From to To
	KindFault  = "fault"  // a device was made to fail
	KindShown  = "shown"  // a device is there to be looked at: nobody writes down what it does
)

// Event is one physical event. At is the true time at which its last byte was on the wire.
type Event struct {
	At         time.Time       `json:"at"`
	Hall       hall.HallID     `json:"hall"`
	Device     hall.DeviceID   `json:"device,omitempty"`
	Kind       string          `json:"kind"`
	Number     string          `json:"number,omitempty"`
	Category   hall.CategoryID `json:"category,omitempty"`
	Ahead      int             `json:"ahead,omitempty"`
	Window     hall.WindowID   `json:"window,omitempty"`
	Level      int             `json:"level,omitempty"`
	Seq        uint32          `json:"seq,omitempty"`
	Serial     string          `json:"serial,omitempty"`
	PIN        hall.StaffNo    `json:"pin,omitempty"`
	DeviceTime string          `json:"device_time,omitempty"`
	Status     int             `json:"status,omitempty"`
	Verify     int             `json:"verify,omitempty"`
	Zone       hall.ZoneID     `json:"zone,omitempty"`
	Direction  hall.Direction  `json:"direction,omitempty"`
	From       time.Time       `json:"from,omitzero"` // of an outage; of a passage: when the first beam broke
	To         time.Time       `json:"to,omitzero"`
	Note       string          `json:"note,omitempty"`
}

// Log appends events to a file. It is safe for concurrent use.
type Log struct {
	mu  sync.Mutex
	f   *os.File
	err error
}

// Create opens path for appending.
func Create(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("truth: %w", err)
	}
	return &Log{f: f}, nil
}

// Write appends e; a zero At becomes now. The first error is kept and given by Close.
func (l *Log) Write(e Event) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	line, err := json.Marshal(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		_, err = l.f.Write(append(line, '\n'))
	}
	if err != nil && l.err == nil {
		l.err = err
	}
}

// Close closes the file and gives the first error of the log's life.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.err, l.f.Close()); err != nil {
		return fmt.Errorf("truth: %w", err)
	}
	return nil
}

// Read gives every event of path. A torn last line is dropped: its writer was killed.
func Read(path string) ([]Event, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("truth: %w", err)
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReader(f)
	var out []Event
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("truth: %w", err)
		}
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("truth: %s line %d: %w", path, n, err)
		}
		out = append(out, e)
	}
}
