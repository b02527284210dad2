package hikvision

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// errStep says that a counter jumped further than people can walk.
var errStep = errors.New("counter jumped")

// place is what a camera counts at: each has totals of its own.
type place struct{ channel, region int }

// total is how far a counter was.
type total struct {
	enter, exit int64
	text        string    // the report's time as it was written
	at          time.Time // zero: from the journal
	old         bool      // from the journal
}

// verdict is what a report means beside the one before.
type verdict struct {
	in, out int64
	late    bool // from the past: nothing
	reset   bool // the totals began anew
	first   bool // nothing to compare with
}

// step compares a report with the totals before it. Totals that fell were reset, at midnight or with a restart of the camera:
// what they show has passed since. A report of an earlier time with smaller totals is told again and means nothing: the
// differences that follow hold what it said.
func step(was total, known bool, is total) (verdict, error) {
	switch fell := is.enter < was.enter || is.exit < was.exit; {
	case !known:
		return verdict{first: true}, nil
	case fell && !was.at.IsZero() && is.at.Before(was.at):
		return verdict{late: true}, nil
	case fell:
		return bounded(verdict{in: is.enter, out: is.exit, reset: true})
	case was.old && day(was.text) != day(is.text): // nobody knows whether they were reset in between
		return verdict{first: true}, nil
	}
	return bounded(verdict{in: is.enter - was.enter, out: is.exit - was.exit})
}

func bounded(v verdict) (verdict, error) {
	if v.in > maxStep || v.out > maxStep {
		return verdict{first: true}, fmt.Errorf("%w by %d in and %d out, at most %d", errStep, v.in, v.out, maxStep)
	}
	return v, nil
}

// day gives the date of a time as the device wrote it.
func day(text string) string { return text[:min(len(text), len("2006-01-02"))] }

// countWord begins what is kept of a report with each passage.
const countWord = "PeopleCounting"

// countRaw writes what a passage keeps of its report: the totals as they were said, what they were taken to mean and which of
// these people it is, those who entered first.
func countRaw(at place, is total, v verdict, k int64) []byte {
	return fmt.Appendf(nil, "%s realTime %s channel=%d region=%d enter=%d exit=%d taken=%d,%d number=%d",
		countWord, strings.ReplaceAll(is.text, " ", "T"), at.channel, at.region, is.enter, is.exit, v.in, v.out, k)
}

// parseCount gives how far the counter was with that passage: the rest of its report may not be in the journal.
func parseCount(raw []byte) (at place, t total, ok bool) {
	var in, out, k int64
	if len(raw) > sampleBytes {
		return at, t, false
	}
	n, err := fmt.Sscanf(string(raw), countWord+" realTime %s channel=%d region=%d enter=%d exit=%d taken=%d,%d number=%d",
		&t.text, &at.channel, &at.region, &t.enter, &t.exit, &in, &out, &k)
	if err != nil || n != 8 || in < 0 || out < 0 || k < 1 || k > in+out || in > t.enter || out > t.exit {
		return place{}, total{}, false
	}
	t.enter -= in - min(k, in)
	t.exit -= out - max(k-in, 0)
	t.old = true
	return at, t, true
}
