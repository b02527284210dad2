package hall

import "time"

// Hours is when a hall is open, on its own clock.
type Hours struct {
	Open  string         `cbor:"1,keyasint" json:"open" yaml:"open"`   // HH:MM
	Close string         `cbor:"2,keyasint" json:"close" yaml:"close"` // HH:MM, later than Open
	Days  []time.Weekday `cbor:"3,keyasint,omitempty" json:"days,omitempty" yaml:"-"`
}

// DefaultHours are the usual ones: Monday to Friday, 08:30 to 17:30.
func DefaultHours() Hours {
	return Hours{Open: "08:30", Close: "17:30", Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}}
}

// Span is a stretch of time, To not included.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// clip gives the part of s between from and to; ok is false when there is none.
func (s Span) clip(from, to time.Time) (Span, bool) {
	if s.From.Before(from) {
		s.From = from
	}
	if s.To.After(to) {
		s.To = to
	}
	return s, s.From.Before(s.To)
}

// On gives the opening hours of the local day of at; ok is false on a day that is closed, or where the hours cannot be read.
func (h Hours) On(at time.Time, loc *time.Location) (s Span, ok bool) {
	open, err := time.Parse("15:04", h.Open)
	if err != nil {
		return s, false
	}
	shut, err := time.Parse("15:04", h.Close)
	if err != nil {
		return s, false
	}
	at = at.In(loc)
	for _, d := range h.Days {
		if d == at.Weekday() {
			y, m, day := at.Date()
			s.From = time.Date(y, m, day, open.Hour(), open.Minute(), 0, 0, loc)
			s.To = time.Date(y, m, day, shut.Hour(), shut.Minute(), 0, 0, loc)
			return s, s.From.Before(s.To)
		}
	}
	return s, false
}

// Between gives the opening hours between from and to, day by day. It looks at 400 days at most.
func (h Hours) Between(from, to time.Time, loc *time.Location) (out []Span) {
	y, m, d := from.In(loc).Date()
	for i := range 400 {
		day := time.Date(y, m, d+i, 12, 0, 0, 0, loc)
		s, ok := h.On(day, loc)
		if s, ok2 := s.clip(from, to); ok && ok2 {
			out = append(out, s)
		}
		if day.Add(-12 * time.Hour).After(to) {
			break
		}
	}
	return out
}
