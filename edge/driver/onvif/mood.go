package onvif

import (
	"slices"
	"sync"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Codes of what is wrong with a camera that lives.
const (
	CodeTamper  = "tamper"         // the camera says that somebody meddles with it
	CodeScene   = "scene_changed"  // it was turned or covered, the camera says
	CodeDark    = "too_dark"       //
	CodeBright  = "too_bright"     //
	CodeBlurry  = "blurry"         //
	CodeStorage = "storage_failed" // its own memory for recordings
	CodeCounter = "counter_unread" // people passed and were not counted
	CodeNoEvent = "events_missing" // it has no event service
	codeClock   = "clock_skew"
)

// IgnorableCodes are what a camera may tell wrongly for ever, so that a hall may choose not to hear it.
func IgnorableCodes() []string {
	return []string{CodeTamper, CodeScene, CodeDark, CodeBright, CodeBlurry, CodeStorage}
}

// mood is what is wrong with a camera. It is told from two goroutines, that of the events and that of the pictures.
type mood struct {
	out driver.Sink
	now func() time.Time

	mu      sync.Mutex
	wrong   map[string]map[string]wrong // by code and source
	picture *hall.Reason                // what the picture shows
	stuck   bool
	told    bool
	begun   bool
}

// wrong is one trouble.
type wrong struct {
	detail string
	until  time.Time // zero: until its end is told
}

func newMood(out driver.Sink, now func() time.Time) *mood {
	return &mood{out: out, now: now, wrong: map[string]map[string]wrong{}}
}

// set notes a trouble of a source.
func (m *mood) set(code, source string, w wrong) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wrong[code] == nil {
		m.wrong[code] = map[string]wrong{}
	}
	if _, known := m.wrong[code][source]; known || len(m.wrong[code]) < maxStates {
		m.wrong[code][source] = w
	}
	m.tell()
}

func (m *mood) clear(code, source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.wrong[code], source)
	m.tell()
}

// see notes what the picture shows; nil: nothing is wrong with it.
func (m *mood) see(why *hall.Reason, stuck bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.picture, m.stuck = why, stuck
	m.tell()
}

// begin tells the sink what is true from now on: the camera has said its states, and what an earlier Run said may have ended.
func (m *mood) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.begun {
		m.begun, m.told = true, true
		m.tell()
	}
}

// age ends pulses that have no end of their own.
func (m *mood) age() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, list := range m.wrong {
		for source, w := range list {
			if !w.until.IsZero() && !m.now().Before(w.until) {
				delete(list, source)
			}
		}
	}
	m.tell()
}

// tell brings the sink to what is true; the lock is held. What the camera says comes before what its picture shows.
func (m *mood) tell() {
	if !m.begun {
		return
	}
	for _, code := range []string{CodeTamper, CodeScene, CodeCounter, CodeNoEvent} {
		if m.degraded(code) {
			return
		}
	}
	if m.picture != nil {
		m.out.Degraded(m.stuck, *m.picture)
		m.told = true
		return
	}
	for _, code := range []string{CodeDark, CodeBlurry, CodeBright, codeClock, CodeStorage} {
		if m.degraded(code) {
			return
		}
	}
	if m.told {
		m.told = false
		m.out.Healthy()
	}
}

// degraded tells a code if it is wrong.
func (m *mood) degraded(code string) bool {
	var details []string
	for source, w := range m.wrong[code] {
		text := w.detail
		if source != "" {
			text = source + ": " + text
		}
		details = append(details, text)
	}
	if len(details) == 0 {
		return false
	}
	m.out.Degraded(false, hall.Reason{Code: code, Detail: slices.Min(details)})
	m.told = true
	return true
}
