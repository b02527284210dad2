package series

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// MaxPoints bounds one answer, for each series.
const MaxPoints = 11_000

// Check says whether r can be answered.
func (r *Range) Check() error {
	switch {
	case r.Hall == "" || r.Metric == "":
		return fmt.Errorf("series: a range needs a hall and a metric")
	case r.Step < time.Millisecond:
		return fmt.Errorf("series: step %v, at least 1ms", r.Step)
	case !r.From.Before(r.To):
		return fmt.Errorf("series: from %v is not before to %v", r.From, r.To)
	case r.To.Sub(r.From)/r.Step >= MaxPoints:
		return fmt.Errorf("series: %d steps, at most %d: take a longer step", r.To.Sub(r.From)/r.Step, MaxPoints)
	}
	return nil
}

// Windower gathers samples in order of time into the points of a range.
type Windower struct {
	From   time.Time
	Step   time.Duration
	points []Point
	sum    float64
}

// Add takes a sample not before From.
func (w *Windower) Add(at time.Time, v float64) {
	start := w.From.Add(at.Sub(w.From).Truncate(w.Step))
	if n := len(w.points); n == 0 || !w.points[n-1].T.Equal(start) {
		w.points = append(w.points, Point{T: start, Min: v, Max: v})
		w.sum = 0
	}
	p := &w.points[len(w.points)-1]
	p.N++
	w.sum += v
	p.Mean, p.Last = w.sum/float64(p.N), v
	p.Min, p.Max = min(p.Min, v), max(p.Max, v)
}

// Points gives what was gathered.
func (w *Windower) Points() []Point { return w.points }

// Sort orders results by device and part.
func Sort(list []Result) {
	slices.SortFunc(list, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.Series.Device, b.Series.Device), cmp.Compare(a.Series.Part, b.Series.Part))
	})
}
