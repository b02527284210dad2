package tof

import (
	"bytes"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// watcher turns measurements into passages, and into what is wrong with the sensor.
type watcher struct {
	out       driver.Sink
	threshold int

	halves   [2]half
	occupied int
	path     path
	seen     int       // measurements of the window
	blind    int       // without a result
	near     int       // nearer than any person
	since    time.Time // nobody was under it last
	begun    time.Time // of the path
	last     []byte    // measurement of the first half
	same     int       // so often
	told     string
}

func (w *watcher) take(turn int, m measurement, now time.Time) hall.Direction {
	distance := farAway
	if m.valid() && m.distance >= coveredBelow { // nobody's head touches the sensor
		distance = m.distance
	}
	bit := first << turn
	if w.halves[turn].take(distance, w.threshold) {
		w.occupied |= bit
	} else {
		w.occupied &^= bit
	}
	if w.occupied == 0 || w.since.IsZero() {
		w.since = now
	}
	w.judge(turn, m, now)
	if w.path.begin == 0 {
		w.begun = now
	}
	d := w.path.take(w.occupied)
	if now.Sub(w.begun) > passageTime {
		return 0
	}
	return d
}

// judge names a sensor that cannot see.
func (w *watcher) judge(turn int, m measurement, now time.Time) {
	if why := w.fault(turn, m, now); why != w.told {
		if w.told = why; why == "" {
			w.out.Healthy()
			return
		}
		w.out.Degraded(why == "beam_stuck" || why == "frozen", hall.Reason{Code: why})
	}
}

// fault gives the reason code of what is wrong, or nothing.
func (w *watcher) fault(turn int, m measurement, now time.Time) string {
	if turn == 0 {
		w.freeze(m.raw)
	}
	if w.same >= frozenAfter {
		return "frozen"
	}
	w.seen++
	if !m.valid() {
		w.blind++
	} else if m.distance < coveredBelow {
		w.near++
	}
	why := w.told
	if why == "frozen" {
		why = ""
	}
	if w.seen >= window {
		switch {
		case float64(w.blind) > blindShare*float64(w.seen):
			why = "blinded"
		case float64(w.near) > blindShare*float64(w.seen):
			why = "covered"
		case why == "blinded" || why == "covered":
			why = ""
		}
		w.seen, w.blind, w.near = 0, 0, 0
	}
	if why == "" || why == "beam_stuck" {
		if why = ""; w.occupied != 0 && now.Sub(w.since) > standTime {
			why = "beam_stuck"
		}
	}
	return why
}

// freeze counts how often the chip gave the same measurement.
func (w *watcher) freeze(raw []byte) {
	if bytes.Equal(raw, w.last) {
		w.same++
		return
	}
	w.last, w.same = bytes.Clone(raw), 0
}
