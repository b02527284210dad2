package wire

import (
	"fmt"
	"math"
	"time"
)

// micros gives t as it travels: microseconds since 1970, 0 for the zero time, within [minTime, maxTime).
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	t = clampTime(t)
	return max(1, t.UnixMicro())
}

func clampTime(t time.Time) time.Time {
	if t.Before(minTime) {
		return minTime
	}
	if !t.Before(maxTime) {
		return maxTime.Add(-time.Microsecond)
	}
	return t
}

// inRange says whether t lies within the years of facts.
func inRange(t time.Time) bool { return !t.Before(minTime) && t.Before(maxTime) }

// times turns what travelled into times and keeps the first mistake.
type times struct{ err error }

// at gives the time of us microseconds; 0 gives the zero time.
func (x *times) at(us int64, what string) time.Time {
	if us == 0 {
		return time.Time{}
	}
	t := time.UnixMicro(us).UTC()
	if us < 0 || us >= maxTime.UnixMicro() {
		x.fail("%s is outside the years 1970 to 2200", what)
		return time.Time{}
	}
	return t
}

// span gives the duration of us microseconds.
func (x *times) span(us int64, what string) time.Duration {
	const most = math.MaxInt64 / int64(time.Microsecond)
	if us > most || us < -most {
		x.fail("%s is longer than a duration can be", what)
		return 0
	}
	return time.Duration(us) * time.Microsecond
}

func (x *times) fail(format string, args ...any) {
	if x.err == nil {
		x.err = fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
}
