package keypress

import (
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	begin := time.UnixMilli(1_000_000)
	at := func(ms int) float64 { return float64(begin.UnixMilli() + int64(ms)) }
	pressed := []time.Time{begin, begin.Add(200 * time.Millisecond), begin.Add(260 * time.Millisecond)}
	seen := []sight{{Count: 11, At: at(7)}, {Count: 13, At: at(300)}} // the last two shared an update
	r, err := match(pressed, seen, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := Result{7 * time.Millisecond, 40 * time.Millisecond, 100 * time.Millisecond}
	for i := range want {
		if r[i] != want[i] {
			t.Errorf("got %v, want %v", r, want)
		}
	}
	if _, err := match(pressed, seen[:1], 10); err == nil {
		t.Error("a press that was never shown gave no error")
	}
	if _, err := match(pressed[1:], seen[:1], 10); err == nil {
		t.Error("a press shown before it was pressed, and one never shown, gave no error")
	}
}
