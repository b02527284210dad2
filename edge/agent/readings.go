package agent

import (
	"fmt"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// maxBuffered bounds the readings kept while the journal cannot take them; the oldest go first.
const maxBuffered = 20_000

// Reading buffers a value; flush journals it. What a page shows of it is told at once.
func (r *recorder) Reading(s hall.Series, value float64) {
	at := r.clock.Now()
	wall := at.Wall.Truncate(time.Millisecond)
	r.mu.Lock()
	r.buffer(hall.Reading{Series: s, At: wall, Boot: at.Boot, Mono: at.Mono, Value: value})
	fresh := r.measures.Set(s, wall, value)
	r.mu.Unlock()
	switch {
	case fresh && s.Metric == hall.MetricCounted:
		r.changed(hall.SectionMeasures, hall.SectionZones)
	case fresh:
		r.changed(hall.SectionMeasures)
	}
}

// buffer keeps readings, the newest ones of too many; the caller holds the lock.
func (r *recorder) buffer(rd ...hall.Reading) {
	r.readings = append(r.readings, rd...)
	if over := len(r.readings) - maxBuffered; over > 0 {
		r.readings = r.readings[over:]
		r.lost += uint64(over)
	}
}

// derive adds the figures of the hall itself, as the book has them now.
func (r *recorder) derive() {
	at := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.present(at.Wall)
	for _, rd := range s.Readings() {
		rd.Boot, rd.Mono = at.Boot, at.Mono
		r.buffer(rd)
	}
}

// flush journals the buffered readings as one frame; when the journal cannot take them they stay buffered.
func (r *recorder) flush() error {
	r.mu.Lock()
	batch := r.readings
	r.readings = nil
	r.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	payload, err := wire.AppendReadings(nil, batch)
	if err != nil { // it would fail for ever
		r.mu.Lock()
		r.lost += uint64(len(batch))
		r.mu.Unlock()
		return fmt.Errorf("agent: readings: %w", err)
	}
	_, err = r.journal.Append(hall.Readings, payload, len(batch))
	r.mu.Lock()
	recovered := err == nil && r.full
	if err != nil {
		newer := r.readings
		r.readings = batch
		r.buffer(newer...)
		err = fmt.Errorf("agent: readings: %w", err)
	} else {
		r.full = false // the disk takes records again
	}
	r.mu.Unlock()
	if recovered {
		r.changed(hall.SectionGateway)
	}
	return err
}
