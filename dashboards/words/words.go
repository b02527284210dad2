// Package words holds what devices are, measure and suffer from, in the languages of the users: the county's pages and the
// hall's own say it alike. Keys are family.<family>, reason.<code>, metric.<metric>, metric_unit.<metric> and
// truth.<metric>.yes or .no.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"hallpulse/hall"
)

//go:embed zh.json en.json
var files embed.FS

// Load gives the words of a language, "zh" or "en".
func Load(lang string) (map[string]string, error) {
	data, err := files.ReadFile(lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	m := map[string]string{}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("words: %s: %w", lang, err)
	}
	return m, nil
}

// Value words a measured value by a language's words: truths as what they mean, times by duration, the rest with the digits
// that are worth something.
func Value(word func(key string) string, duration func(time.Duration) string, m hall.Metric, v float64) (text, unit string) {
	truth := ".no"
	if v != 0 {
		truth = ".yes"
	}
	if w := word("truth." + string(m) + truth); w != "" {
		return w, ""
	}
	digits := 0
	switch m {
	case hall.MetricTemperature, hall.MetricPower:
		digits = 1
	case hall.MetricRoundTrip:
		v *= 1000
	case hall.MetricPressure:
		v /= 100
	case hall.MetricRuntime, hall.MetricUptime:
		return duration(time.Duration(v * float64(time.Second))), ""
	}
	return strconv.FormatFloat(v, 'f', digits, 64), word("metric_unit." + string(m))
}
