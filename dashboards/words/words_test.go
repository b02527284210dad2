package words

import (
	"testing"
	"time"

	"hallpulse/hall"
)

func TestLanguagesSayTheSame(t *testing.T) {
	zh, err := Load("zh")
	if err != nil {
		t.Fatal(err)
	}
	en, err := Load("en")
	if err != nil {
		t.Fatal(err)
	}
	for k := range zh {
		if en[k] == "" && k != "metric_unit.ports_up" {
			t.Errorf("%s is missing in English", k)
		}
	}
	for k := range en {
		if zh[k] == "" {
			t.Errorf("%s is missing in Chinese", k)
		}
	}
	for _, f := range hall.Families() {
		if zh["family."+string(f)] == "" {
			t.Errorf("no word for %s", f)
		}
	}
	if _, err := Load("fr"); err == nil {
		t.Error("French")
	}
}

func TestValue(t *testing.T) {
	en, err := Load("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m    hall.Metric
		v    float64
		want string
	}{
		{hall.MetricTemperature, 21.25, "21.2 °C"}, {hall.MetricOpen, 1, "open "}, {hall.MetricOpen, 0, "closed "}, {hall.MetricPressure, 101325, "1013 hPa"},
		{hall.MetricRoundTrip, 0.0123, "12 ms"}, {hall.MetricRuntime, 90, "1m30s "}, {"strange", 3, "3 "},
	} {
		text, unit := Value(func(k string) string { return en[k] }, time.Duration.String, c.m, c.v)
		if text+" "+unit != c.want {
			t.Errorf("%s %v: %q %q, want %q", c.m, c.v, text, unit, c.want)
		}
	}
}
