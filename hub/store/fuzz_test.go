package store

import (
	"errors"
	"testing"
)

// FuzzCursor: any text is a place or ErrCursor, and a place survives its cursor.
func FuzzCursor(f *testing.F) {
	f.Add(place{at: 1, source: 2, seq: 3}.cursor())
	f.Add("")
	f.Add("////")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseCursor(s)
		if err != nil {
			if !errors.Is(err, ErrCursor) {
				t.Fatal(err)
			}
			return
		}
		if again, err := parseCursor(p.cursor()); err != nil || again != p {
			t.Errorf("%+v became %+v, %v", p, again, err)
		}
	})
}
