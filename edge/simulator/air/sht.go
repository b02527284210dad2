package air

import "time"

// Times of a measurement, the longest of the data sheets.
const (
	sht3Time = 15500 * time.Microsecond
	sht4Time = 8300 * time.Microsecond
)

// SHT measures temperature and humidity.
type SHT struct {
	chip
	four    bool // an SHT4x
	ready   time.Time
	pending []byte
}

// NewSHT3x gives an SHT3x.
func NewSHT3x(a Air) *SHT { return &SHT{chip: newChip(a)} }

// NewSHT4x gives an SHT4x.
func NewSHT4x(a Air) *SHT { return &SHT{chip: newChip(a), four: true} }

// Reset takes the sensor's power for a moment. It has no settings to lose.
func (s *SHT) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = nil
}

// Tx is a transaction of the bus with this chip.
func (s *SHT) Tx(w, r []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.faults.Away || len(w) > 0 && len(r) > 0 {
		return ErrNACK
	}
	if len(w) > 0 {
		return s.command(w, now)
	}
	if s.pending == nil || now.Before(s.ready) {
		return ErrNACK
	}
	s.give(r, s.pending)
	s.pending = nil
	return nil
}

// command obeys; the caller holds the lock.
func (s *SHT) command(w []byte, now time.Time) error {
	s.ready = now.Add(quickTime)
	four := s.four != s.faults.WrongID
	switch {
	case four && len(w) == 1 && w[0] == 0xFD:
		s.ready, s.pending = now.Add(sht4Time), s.measured(func(h float64) float64 { return (h + 6) / 125 })
	case four && len(w) == 1 && w[0] == 0x89:
		s.pending = s.answer(0x0F0B, 0xA1C3)
	case !four && len(w) == 2 && w[0] == 0x24 && w[1] == 0x00:
		s.ready, s.pending = now.Add(sht3Time), s.measured(func(h float64) float64 { return h / 100 })
	case !four && len(w) == 2 && w[0] == 0xF3 && w[1] == 0x2D:
		s.pending = s.answer(0x8010)
	default:
		s.pending = nil
		return ErrNACK
	}
	return nil
}

func (s *SHT) measured(humidity func(float64) float64) []byte {
	n := s.measure()
	return s.answer(word((s.air.Temperature+45)/175, n), word(humidity(s.air.Humidity), -n))
}
