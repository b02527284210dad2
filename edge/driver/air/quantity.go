package air

import (
	"fmt"
	"math"
	"time"

	"hallpulse/hall"
)

// quantity is one measured value, with the word it was made from.
type quantity struct {
	metric hall.Metric
	value  float64
	word   uint32
}

// String gives the value with its unit, as its metric names it.
func (q quantity) String() string { return fmt.Sprintf("%s %.1f", q.metric, q.value) }

// span is what a value may be.
type span struct{ low, high float64 }

// spans gives what the air of a hall can be, wherever it stands. Beyond it a sensor is broken.
func spans() map[hall.Metric]span {
	return map[hall.Metric]span{
		hall.MetricCO2:         {200, 40_000},     // outdoor air has 420 ppm; the most that an SCD4x gives
		hall.MetricTemperature: {-40, 85},         // the most that the chips stand
		hall.MetricHumidity:    {0, 100},          //
		hall.MetricPressure:    {30_000, 110_000}, // the BME280's own; 5000 m is 54 kPa
	}
}

// implausible gives the first value that cannot be.
func implausible(list []quantity) *quantity {
	limits := spans()
	for i, q := range list {
		s, ok := limits[q.metric]
		if math.IsNaN(q.value) || ok && (q.value < s.low || q.value > s.high) {
			return &list[i]
		}
	}
	return nil
}

// still is a word, how often it came, and since when it is the same.
type still struct {
	word        uint32
	count       int
	since, last time.Time
}

// frozenCount is how often a word must come to be called frozen: at long intervals two that are equal are no wonder.
const frozenCount = 10

// watch looks for words that do not change any more, by metric.
type watch map[hall.Metric]still

// frozen notes a measurement and gives the first value whose word is the same for FrozenTime, without a pause of more than gap.
func (w watch) frozen(now time.Time, gap time.Duration, list []quantity) (first *quantity) {
	for i, q := range list {
		s, ok := w[q.metric]
		if !ok || s.word != q.word || now.Sub(s.last) > gap {
			s = still{word: q.word, since: now}
		}
		s.last = now
		s.count++
		w[q.metric] = s
		if first == nil && s.count >= frozenCount && now.Sub(s.since) >= FrozenTime {
			first = &list[i]
		}
	}
	return first
}
