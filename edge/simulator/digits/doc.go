// Package digits is simulated number displays as a gateway drives them itself: a TM1637 on two lines, a MAX7219 on SPI and an
// HT16K33 on I2C. Each decodes what its digits really show, so that a test compares texts. They are written from the chips' data
// sheets and share nothing with the drivers.
package digits

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrAway says that the display is unplugged.
var ErrAway = errors.New("digits: the display is unplugged")

// Faults are what may be wrong with a display.
type Faults struct {
	Away   bool  // unplugged: nobody acknowledges, what is written is lost; a MAX7219 cannot tell it
	Forbid error // opening its port fails with this
	Short  bool  // a TM1637's data line is held low
	Mute   bool  // a TM1637 obeys, but its acknowledgement is lost
}

// screen is what every display has: digits, and those who watch them.
type screen struct {
	mu      sync.Mutex
	faults  Faults
	shown   string
	changed chan struct{}
	writes  int
}

// show notes what is shown now; the caller holds the lock.
func (s *screen) show(text string) {
	s.writes++
	s.shown = text
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Text gives what can be read on the display, from left to right; a dark digit is a blank.
func (s *screen) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// Writes counts what was written to the display: registers, frames.
func (s *screen) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// Await waits until the display shows a text.
func (s *screen) Await(ctx context.Context, text string) error {
	for {
		s.mu.Lock()
		now := s.shown
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if now == text {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("digits: shows %q, not %q: %w", now, text, ctx.Err())
		}
	}
}

// SetFaults changes what is wrong with the display.
func (s *screen) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// read gives the character that segments look like: bit 0 is A, clockwise to F, bit 6 is G, bit 7 the dot. What looks like a digit
// is one. An unknown pattern is a question mark.
func read(segments byte) string {
	const (
		looks = "\x00\x3F\x06\x5B\x4F\x66\x6D\x7D\x07\x7F\x6F\x77\x7C\x39\x5E\x79\x71\x3D\x76\x30\x1E\x38\x54\x5C\x73\x67\x50\x78\x3E\x6E\x40\x08"
		means = " 0123456789ABCDEFGHIJLNOPQRTUY-_"
	)
	c := "?"
	if i := strings.IndexByte(looks, segments&0x7F); i >= 0 {
		c = means[i : i+1]
	}
	if segments&0x80 != 0 {
		c += "."
	}
	return c
}

// readAll reads digits in the order of columns.
func readAll(digits []byte, columns []int) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(read(digits[c]))
	}
	return b.String()
}
