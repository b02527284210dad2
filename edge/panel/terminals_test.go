package panel

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestTerminals: what terminals tell of themselves is on the page, what they did not tell is no number, and a silent one does
// not look alive.
func TestTerminals(t *testing.T) {
	src := source{now: time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)}
	for lang, words := range map[string][]string{
		"zh": {"考勤机", `<td>Ver 2.0.33S</td><td class="n">57</td><td class="n">1234</td><td class="n">慢 90 秒</td><td class="n">15:08:09</td>`},
		"en": {
			"Attendance terminals", "slow by 90 s", `<span class="state down">zk-2</span></th><td>–</td><td class="n">–</td><td class="n">–</td><td class="n">–</td><td class="n">2031-05-03 15:08</td>`,
			`<span class="state unknown">zk-3</span></th><td>–</td><td class="n">–</td><td class="n">–</td><td class="n">–</td><td class="n">–</td>`,
		},
	} {
		_, body, _ := get(t, newPanel(t, Options{Source: src}), "/content?lang="+lang)
		for _, w := range words {
			if !strings.Contains(body, w) {
				t.Errorf("%q is missing in\n%s", w, body)
			}
		}
	}
	if _, body, _ := get(t, newPanel(t, Options{Source: source{bare: true}}), "/content?lang=en"); strings.Contains(body, "Attendance terminals") {
		t.Error("a hall without terminals has a table of them")
	}
}

func TestClockText(t *testing.T) {
	p := newPanel(t, Options{Source: source{}})
	for skew, want := range map[time.Duration]string{
		0: "right", 400 * time.Millisecond: "right", -time.Second: "slow by 1 s", 119 * time.Second: "fast by 119 s", 2 * time.Minute: "fast by 2 min",
		-8 * time.Hour: "slow by 8 h", 48 * time.Hour: "fast by 2 days", -26 * 365 * 24 * time.Hour: "slow by 9490 days",
	} {
		if got := clockText(skew, p.messages["en"]); got != want {
			t.Errorf("%v: %q, want %q", skew, got, want)
		}
	}
}

// TestNothingIsDoneByHTTP: the page looks and never acts.
func TestNothingIsDoneByHTTP(t *testing.T) {
	p := newPanel(t, Options{Source: source{}})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		for _, path := range []string{"/", "/content", "/state.json", "/terminals", "/control"} {
			rec := httptest.NewRecorder()
			if p.routes().ServeHTTP(rec, httptest.NewRequest(method, path, nil)); rec.Code != http.StatusMethodNotAllowed && rec.Code != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, path, rec.Code)
			}
		}
	}
}
