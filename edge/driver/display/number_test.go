package display

import "testing"

func TestIsNumber(t *testing.T) {
	for s, want := range map[string]bool{
		"A012": true, "7": true, "a7": true, "AB123456": true, "0007": true,
		"": false, "----": false, "HELLO": false, "12:30": false, "8.8.8.8.": false, "AB1234567": false, "A 12": false,
		"请到3号窗口": false, "A-12": false, "\xff1": false,
	} {
		if got := isNumber(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
