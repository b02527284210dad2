package air

import "time"

// Times of the SCD4x.
const (
	DefaultPeriod = 5 * time.Second
	stopTime      = 500 * time.Millisecond
	quickTime     = time.Millisecond
)

// SCD4x measures carbon dioxide.
type SCD4x struct {
	chip
	period    time.Duration
	measuring bool
	began     time.Time // of the measurement that is on its way
	busy      time.Time // until then nothing is acknowledged
	pending   []byte    // answer that waits to be read
	settings  map[uint16]uint16
	serial    [3]uint16
}

// NewSCD4x gives a sensor after power-on. period 0: DefaultPeriod.
func NewSCD4x(a Air, period time.Duration) *SCD4x {
	if period <= 0 {
		period = DefaultPeriod
	}
	s := &SCD4x{chip: newChip(a), period: period, serial: [3]uint16{0xF896, 0x9F07, 0x3BBE}}
	s.Reset()
	return s
}

// Reset takes the sensor's power for a moment: it measures nothing, and its settings are the maker's.
func (s *SCD4x) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.measuring, s.pending = false, nil
	s.settings = map[uint16]uint16{0x2318: 0x05DA, 0x2322: 0, 0x2313: 1} // by their get commands; 4 °C, sea level, on
}

// Setting gives a setting by the command that reads it: 0x2318 offset, 0x2322 altitude, 0x2313 self-calibration.
func (s *SCD4x) Setting(get uint16) uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings[get]
}

// Tx is a transaction of the bus with this chip. Reading in the same transaction as the command is too early for it.
func (s *SCD4x) Tx(w, r []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.faults.Away || now.Before(s.busy) || len(w) > 0 && len(r) > 0 {
		return ErrNACK
	}
	if len(w) > 0 {
		return s.command(w, now)
	}
	if s.pending == nil {
		return ErrNACK
	}
	s.give(r, s.pending)
	s.pending = nil
	return nil
}

// command obeys; the caller holds the lock.
func (s *SCD4x) command(w []byte, now time.Time) error {
	if len(w) != 2 && (len(w) != 5 || sum(w[2:4]) != w[4]) {
		return ErrNACK
	}
	c := uint16(w[0])<<8 | uint16(w[1])
	s.pending = nil
	s.busy = now.Add(quickTime)
	if s.measuring && c != 0xE4B8 && c != 0xEC05 && c != 0x3F86 {
		return ErrNACK
	}
	if s.faults.WrongID {
		s.pending = []byte{0xBA, 0xD0, 0x00, 0xBA, 0xD0, 0x00, 0xBA, 0xD0, 0x00}
		return nil
	}
	switch c {
	case 0x21B1:
		s.measuring, s.began = true, now
	case 0x3F86:
		s.measuring, s.busy = false, now.Add(stopTime)
	case 0x3682:
		s.pending = s.answer(s.serial[:]...)
	case 0xE4B8:
		ready := uint16(0x8000)
		if s.ready(now) {
			ready = 0x8006
		}
		s.pending = s.answer(ready)
	case 0xEC05:
		return s.read(now)
	default:
		return s.setting(c, w)
	}
	return nil
}

func (s *SCD4x) ready(now time.Time) bool {
	return s.measuring && now.Sub(s.began) >= s.period && !s.faults.Hang
}

// read gives a measurement once; it is not acknowledged where there is none.
func (s *SCD4x) read(now time.Time) error {
	if !s.ready(now) {
		return ErrNACK
	}
	s.began = s.began.Add(now.Sub(s.began).Truncate(s.period))
	n := s.measure()
	s.pending = s.answer(uint16(int(s.air.CO2)+n), word((s.air.Temperature+45)/175, n), word(s.air.Humidity/100, -n))
	return nil
}

// setting writes or reads a setting.
func (s *SCD4x) setting(c uint16, w []byte) error {
	get, ok := map[uint16]uint16{0x241D: 0x2318, 0x2427: 0x2322, 0x2416: 0x2313}[c]
	switch _, known := s.settings[c]; {
	case ok && len(w) == 5:
		s.settings[get] = uint16(w[2])<<8 | uint16(w[3])
	case known && len(w) == 2:
		s.pending = s.answer(s.settings[c])
	default:
		return ErrNACK
	}
	return nil
}
