package edgeload

import (
	"math"
	"testing"
	"time"
)

func TestLatencyOfBuckets(t *testing.T) {
	l := of(map[float64]int{.001: 60, .005: 98, .02: 99, .1: 100, math.Inf(1): 100})
	if l.Facts != 100 || l.P50 != time.Millisecond || l.P99 != 20*time.Millisecond {
		t.Errorf("%+v", l)
	}
	if l := of(nil); l != (Latency{}) {
		t.Errorf("%+v", l)
	}
}
