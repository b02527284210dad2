package ratingpage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"
)

// SlipTime is how long a page that was opened may be sent. A telephone's page stays open in a pocket for hours: a rating of
// yesterday must not land on today's service.
const SlipTime = 15 * time.Minute

// maxUsed bounds the slips remembered as used; older ones have expired long before so many are pressed.
const maxUsed = 10_000

var errSlip = errors.New("slip is not ours or too old")

// slips gives out and takes back the numbered slips of pages. Their key lives as long as the program: what was open at a
// restart has to be scanned again.
type slips struct {
	secret []byte
	random io.Reader

	mu   sync.Mutex
	used map[string]time.Time
}

func newSlips(random io.Reader) *slips {
	s := &slips{random: random, used: map[string]time.Time{}, secret: make([]byte, 32)}
	_, _ = io.ReadFull(random, s.secret) // crypto/rand never fails
	return s
}

// issue gives a slip: 8 bytes of time, 8 random ones, and their signature for the point.
func (s *slips) issue(point string, now time.Time) string {
	b := make([]byte, 16, 32)
	binary.BigEndian.PutUint64(b, uint64(now.Unix()))
	_, _ = io.ReadFull(s.random, b[8:])
	return base64.RawURLEncoding.EncodeToString(append(b, s.sign(point, b)...))
}

func (s *slips) sign(point string, b []byte) []byte {
	m := hmac.New(sha256.New, s.secret)
	m.Write(b)
	m.Write([]byte(point))
	return m.Sum(nil)[:16]
}

// read gives a slip's serial, and whether it was not used before; it is used now.
func (s *slips) read(slip, point string, now time.Time) (serial string, fresh bool, err error) {
	b, err := base64.RawURLEncoding.DecodeString(slip)
	if err != nil || len(b) != 32 || !hmac.Equal(b[16:], s.sign(point, b[:16])) {
		return "", false, errSlip
	}
	issued := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	if age := now.Sub(issued); age > SlipTime || age < -SlipTime {
		return "", false, errSlip
	}
	serial = base64.RawURLEncoding.EncodeToString(b[:16])
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.used[serial]; used {
		return serial, false, nil
	}
	s.forget(now)
	s.used[serial] = now
	return serial, true, nil
}

// forget drops used slips that have expired anyway, and the oldest of too many; the caller holds the lock.
func (s *slips) forget(now time.Time) {
	if len(s.used) < maxUsed {
		return
	}
	oldest, at := "", now
	for serial, t := range s.used {
		if now.Sub(t) > SlipTime {
			delete(s.used, serial)
		} else if !t.After(at) {
			oldest, at = serial, t
		}
	}
	if len(s.used) >= maxUsed {
		delete(s.used, oldest)
	}
}

// giveBack makes a slip good again: its rating was not recorded.
func (s *slips) giveBack(serial string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.used, serial)
}
