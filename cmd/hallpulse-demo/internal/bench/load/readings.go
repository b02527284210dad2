// Package load makes journals as a county's gateways would have them after an outage, and brings them to the hub with the
// gateways' own uplink.
package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"hallpulse/hall"
)

// Every is the time between two sweeps of a hall's devices.
const Every = 10 * time.Second

// Sweeps makes what a hall with thirty devices reads every ten seconds: how long each read took, the light in ten
// pictures and the figures of the queue, with the jitter of a busy small computer.
type Sweeps struct {
	rnd    *rand.Rand
	series []hall.Series
	last   []float64
	at     time.Time
	mono   time.Duration
	boot   uint32
}

// NewSweeps begins at start. The same seed gives the same readings.
func NewSweeps(seed uint64, boot uint32, start time.Time) *Sweeps {
	list := Series()
	return &Sweeps{rnd: rand.New(rand.NewPCG(seed, 2)), series: list, last: make([]float64, len(list)),
		at: start.Truncate(time.Millisecond), mono: time.Hour, boot: boot}
}

// Series lists what one sweep reads.
func Series() (list []hall.Series) {
	for i := range 30 {
		list = append(list, hall.Series{Metric: hall.MetricReadSeconds, Device: device(i)})
	}
	for i := range 10 {
		list = append(list, hall.Series{Metric: hall.MetricLuminance, Device: device(i)})
	}
	for _, part := range []string{"", "social", "household", "civil", "medical"} {
		list = append(list, hall.Series{Metric: hall.MetricWaiting, Part: part}, hall.Series{Metric: hall.MetricLongestWait, Part: part})
	}
	return list
}

// Begin gives when a hall made the first of n sweeps, of which the last is of now.
func Begin(n int) time.Time { return time.Now().Add(-Every * time.Duration(n)) }

func device(i int) hall.DeviceID { return hall.DeviceID(fmt.Sprintf("device-%02d", i)) }

// Metrics lists what is in a sweep.
func Metrics() []hall.Metric {
	return []hall.Metric{hall.MetricReadSeconds, hall.MetricLuminance, hall.MetricWaiting, hall.MetricLongestWait}
}

// Next gives the next sweep in dst, at most n readings of it.
func (s *Sweeps) Next(dst []hall.Reading, n int) []hall.Reading {
	dst = dst[:0]
	for i, id := range s.series[:min(n, len(s.series))] {
		after := time.Duration(3*i+s.rnd.IntN(3)) * time.Millisecond
		dst = append(dst, hall.Reading{Series: id, At: s.at.Add(after), Boot: s.boot, Mono: s.mono + after, Value: s.value(i)})
	}
	s.at, s.mono = s.at.Add(Every), s.mono+Every
	return dst
}

func (s *Sweeps) value(i int) float64 {
	switch s.series[i].Metric {
	case hall.MetricReadSeconds:
		return math.Round((0.004+0.0004*s.rnd.NormFloat64())*1e6) / 1e6
	case hall.MetricLuminance:
		return math.Round((128+s.rnd.NormFloat64())*10) / 10
	case hall.MetricWaiting:
		s.last[i] = max(0, s.last[i]+float64(s.rnd.IntN(3)-1))
		return s.last[i]
	}
	s.last[i] += Every.Seconds()
	return s.last[i]
}
