// Package seriestest is the conformance suite of series engines: what one does, all do.
package seriestest

import (
	"math"
	"reflect"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/series"
)

// Begin is an hour ago, on a whole minute: engines keep late readings only so long.
func begin() time.Time { return time.Now().UTC().Truncate(time.Minute).Add(-time.Hour) }

func reading(m hall.Metric, dev hall.DeviceID, part string, at time.Time, v float64) hall.Reading {
	return hall.Reading{Series: hall.Series{Metric: m, Device: dev, Part: part}, At: at, Value: v}
}

func write(t *testing.T, e series.Engine, id hall.HallID, list ...hall.Reading) {
	t.Helper()
	if err := e.Write(t.Context(), []series.Batch{{Hall: id, Readings: list}}); err != nil {
		t.Fatalf("write: %v", err)
	}
}

func query(t *testing.T, e series.Engine, r series.Range) []series.Result {
	t.Helper()
	out, err := e.Query(t.Context(), r)
	if err != nil {
		t.Fatalf("query: %v", err)
	}
	return out
}

// Run runs the suite on engines that open makes; each call gives an empty one, or with the same name the same again.
func Run(t *testing.T, open func(t *testing.T, name string) series.Engine) {
	tests := map[string]func(t *testing.T, e series.Engine){
		"steps": steps, "selection": selection, "isolation": isolation, "duplicates": duplicates, "late": late, "limits": limits, "not numbers": notNumbers,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := open(t, name)
			defer func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			}()
			test(t, e)
		})
	}
	t.Run("reopen", func(t *testing.T) {
		from := begin()
		e := open(t, "reopen")
		write(t, e, "a", reading("people", "", "x", from, 4))
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		e = open(t, "reopen")
		defer func() { _ = e.Close() }()
		if got := query(t, e, series.Range{Hall: "a", Metric: "people", From: from, To: from.Add(time.Minute), Step: time.Minute}); len(got) != 1 {
			t.Errorf("after reopening: %+v", got)
		}
	})
}

// steps: steps begin at From, cover [t, t+step), and a step without readings has no point.
func steps(t *testing.T, e series.Engine) {
	from := begin().Add(7 * time.Second)
	at := func(s float64) time.Time { return from.Add(time.Duration(s * float64(time.Second))) }
	write(t, e, "a",
		reading("people", "", "", at(-0.001), 100), reading("people", "", "", at(0), 1), reading("people", "", "", at(4.999), 4), reading("people", "", "", at(5), 10),
		reading("people", "", "", at(21), -3), reading("people", "", "", at(30), 100))
	got := query(t, e, series.Range{Hall: "a", Metric: "people", From: from, To: at(30), Step: 5 * time.Second})
	want := []series.Point{
		{T: at(0), Mean: 2.5, Min: 1, Max: 4, Last: 4, N: 2}, {T: at(5), Mean: 10, Min: 10, Max: 10, Last: 10, N: 1}, {T: at(20), Mean: -3, Min: -3, Max: -3, Last: -3, N: 1},
	}
	if len(got) != 1 || !same(got[0].Points, want) {
		t.Errorf("points %+v, want %+v", got, want)
	}
}

func same(a, b []series.Point) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if !x.T.Equal(y.T) || math.Abs(x.Mean-y.Mean) > 1e-9 {
			return false
		}
		x.T, x.Mean = y.T, y.Mean
		if x != y {
			return false
		}
	}
	return true
}

func selection(t *testing.T, e series.Engine) {
	from := begin()
	write(t, e, "a", reading("skew", "d2", "", from, 2), reading("skew", "d1", "p", from, 1), reading("skew", "d1", "", from, 3), reading("other", "d1", "", from, 9))
	r := series.Range{Hall: "a", Metric: "skew", From: from, To: from.Add(time.Minute), Step: time.Minute}
	names := func(r series.Range) (out []hall.Series) {
		for _, res := range query(t, e, r) {
			out = append(out, res.Series)
		}
		return out
	}
	all := []hall.Series{{Metric: "skew", Device: "d1"}, {Metric: "skew", Device: "d1", Part: "p"}, {Metric: "skew", Device: "d2"}}
	if got := names(r); !reflect.DeepEqual(got, all) {
		t.Errorf("all: %v", got)
	}
	r.Device = "d1"
	if got := names(r); !reflect.DeepEqual(got, all[:2]) {
		t.Errorf("one device: %v", got)
	}
	part := "p"
	r.Part = &part
	if got := names(r); !reflect.DeepEqual(got, all[1:2]) {
		t.Errorf("one part: %v", got)
	}
	part = ""
	if got := names(r); !reflect.DeepEqual(got, all[:1]) {
		t.Errorf("no part: %v", got)
	}
}

func isolation(t *testing.T, e series.Engine) {
	from := begin()
	write(t, e, "a", reading("people", "", "", from, 1))
	write(t, e, `b"\ ,=x`, reading("people", "", "", from, 2))
	r := series.Range{Hall: "a", Metric: "people", From: from, To: from.Add(time.Minute), Step: time.Minute}
	if got := query(t, e, r); len(got) != 1 || got[0].Points[0].Last != 1 {
		t.Errorf("hall a: %+v", got)
	}
	r.Hall = `b"\ ,=x`
	if got := query(t, e, r); len(got) != 1 || got[0].Points[0].Last != 2 {
		t.Errorf("a hall of an odd name: %+v", got)
	}
	r.Hall = "c"
	if got := query(t, e, r); len(got) != 0 {
		t.Errorf("a hall without readings: %+v", got)
	}
}

// duplicates: the same batch again changes nothing.
func duplicates(t *testing.T, e series.Engine) {
	from := begin()
	list := []hall.Reading{reading("people", "", "", from, 1), reading("people", "", "", from.Add(time.Second), 2)}
	for range 3 {
		write(t, e, "a", list...)
	}
	got := query(t, e, series.Range{Hall: "a", Metric: "people", From: from, To: from.Add(time.Minute), Step: time.Minute})
	if len(got) != 1 || got[0].Points[0].N != 2 || got[0].Points[0].Mean != 1.5 {
		t.Errorf("written three times: %+v", got)
	}
}

// late: an hour of backlog after newer readings fills in history.
func late(t *testing.T, e series.Engine) {
	from := begin()
	write(t, e, "a", reading("people", "", "", from.Add(50*time.Minute), 9))
	for i := range 10 {
		write(t, e, "a", reading("people", "", "", from.Add(time.Duration(i)*time.Minute), float64(i)))
	}
	got := query(t, e, series.Range{Hall: "a", Metric: "people", From: from, To: from.Add(time.Hour), Step: 10 * time.Minute})
	if len(got) != 1 || len(got[0].Points) != 2 || got[0].Points[0].N != 10 || got[0].Points[1].Last != 9 {
		t.Errorf("late readings: %+v", got)
	}
}

func limits(t *testing.T, e series.Engine) {
	from := begin()
	for name, r := range map[string]series.Range{
		"no hall":         {Metric: "people", From: from, To: from.Add(time.Minute), Step: time.Second},
		"no step":         {Hall: "a", Metric: "people", From: from, To: from.Add(time.Minute)},
		"backwards":       {Hall: "a", Metric: "people", From: from, To: from.Add(-time.Minute), Step: time.Second},
		"too many points": {Hall: "a", Metric: "people", From: from.Add(-time.Hour), To: from, Step: time.Millisecond},
	} {
		if _, err := e.Query(t.Context(), r); err == nil {
			t.Errorf("%s: answered", name)
		}
	}
}

// notNumbers: what no engine can keep is refused without spoiling its batch.
func notNumbers(t *testing.T, e series.Engine) {
	from := begin()
	write(t, e, "a", reading("people", "", "", from, math.NaN()), reading("people", "", "", from.Add(time.Second), math.Inf(1)), reading("people", "", "", from.Add(2*time.Second), 5))
	got := query(t, e, series.Range{Hall: "a", Metric: "people", From: from, To: from.Add(time.Minute), Step: time.Minute})
	if len(got) != 1 || got[0].Points[0].N != 1 || got[0].Points[0].Last != 5 {
		t.Errorf("a number among what is none: %+v", got)
	}
}
