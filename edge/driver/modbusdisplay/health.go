package modbusdisplay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/modbus"
	"hallpulse/hall"
)

// missLimit is how many questions in a row go wrong before a display is named: one may be lost to a pulse on the line.
const missLimit = 3

// standing is how one display answers.
type standing struct {
	missed  int // questions in a row without an answer
	garbled int // with a damaged answer
	refused int // with an exception
	fault   modbus.Exception
}

// health knows how the displays of a bus answer and tells what is wrong with them. There are at most 247.
type health struct {
	out      driver.Sink
	by       map[byte]*standing
	degraded bool
}

func newHealth(out driver.Sink) *health { return &health{out: out, by: map[byte]*standing{}} }

func (h *health) of(address byte) *standing {
	s := h.by[address]
	if s == nil {
		s = &standing{}
		h.by[address] = s
	}
	return s
}

// answered notes an answer; e is 0 when the display did as asked.
func (h *health) answered(address byte, e modbus.Exception) {
	s := h.of(address)
	n := s.refused + 1
	*s = standing{}
	if e != 0 {
		s.refused, s.fault = n, e
	}
	h.out.Seen()
	h.tell()
}

// missed notes a question without an answer, or with a damaged one.
func (h *health) missed(address byte, garbled bool) {
	s := h.of(address)
	if garbled {
		s.garbled, s.missed = s.garbled+1, 0
	} else {
		s.missed, s.garbled = s.missed+1, 0
	}
	h.tell()
}

// silent says whether a display is known not to answer.
func (h *health) silent(address byte) bool {
	s := h.of(address)
	return s.missed+s.garbled >= missLimit
}

// tell says what is wrong, the worst only, with the addresses.
func (h *health) tell() {
	for _, c := range []struct {
		code string
		bad  func(*standing) bool
	}{
		{"display_silent", func(s *standing) bool { return s.missed >= missLimit }},
		{"display_garbled", func(s *standing) bool { return s.garbled >= missLimit }},
		{"display_fault", (*standing).faulty},
	} {
		if list := h.list(c.bad); list != "" {
			h.out.Degraded(false, hall.Reason{Code: c.code, Detail: list})
			h.degraded = true
			return
		}
	}
	if h.degraded {
		h.out.Healthy()
		h.degraded = false
	}
}

// faulty says whether exceptions are more than a passing matter. A display that is busy or not done yet may be asked again.
func (s *standing) faulty() bool {
	passing := s.fault == modbus.Busy || s.fault == modbus.Acknowledge
	return s.refused > 0 && (!passing || s.refused >= missLimit)
}

// list gives the addresses of the displays that are bad, with their exceptions.
func (h *health) list(bad func(*standing) bool) string {
	var out []string
	for _, address := range slices.Sorted(maps.Keys(h.by)) {
		s := h.by[address]
		switch {
		case !bad(s):
		case s.fault != 0 && s.missed+s.garbled == 0:
			out = append(out, fmt.Sprintf("%d (%s)", address, strings.TrimPrefix(s.fault.Error(), "modbus: ")))
		default:
			out = append(out, fmt.Sprint(address))
		}
	}
	return strings.Join(out, ", ")
}
