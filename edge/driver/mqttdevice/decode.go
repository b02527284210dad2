package mqttdevice

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"hallpulse/hall"
)

// Limits of what a message may hold.
const (
	maxDepth  = 16
	maxValues = 256
)

// Reasons for refusals.
var (
	errNotJSON      = errors.New("payload is not a JSON object")
	errNotDescribed = errors.New("topic is not that of a description: <prefix>/<component>/…/config")
	errTooDeep      = errors.New("payload is nested too deep")
	errNotState     = errors.New("payload is neither on nor off, and no number")
)

// object decodes a JSON object. Numbers stay numbers, whatever their size.
func object(payload []byte) (map[string]any, error) {
	if depth(payload) > maxDepth {
		return nil, errTooDeep
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil || m == nil {
		return nil, errNotJSON
	}
	return m, nil
}

// depth counts the deepest nesting, brackets inside texts included: it bounds, it does not parse.
func depth(payload []byte) (most int) {
	n := 0
	for _, c := range payload {
		switch c {
		case '{', '[':
			if n++; n > most {
				most = n
			}
		case '}', ']':
			n--
		}
	}
	return most
}

// path finds a.b.c in an object.
func path(m map[string]any, dotted string) (any, bool) {
	var at any = m
	for _, key := range strings.Split(dotted, ".") {
		o, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = o[key]; !ok {
			return nil, false
		}
	}
	return at, at != nil
}

// number gives a value that is a number, a number as a text, or a truth; ok is false for anything else.
func number(v any) (float64, bool) {
	switch x := v.(type) {
	case json.Number:
		f, err := x.Float64()
		return f, err == nil && finite(f)
	case string:
		if t, ok := truth(x); ok {
			return t, true
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		return f, err == nil && finite(f)
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// truth reads the words that devices use.
func truth(s string) (float64, bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "on", "true", "yes", "open", "detected", "home":
		return 1, true
	case "off", "false", "no", "closed", "clear", "not_home":
		return 0, true
	}
	return 0, false
}

// isTruth says whether a metric has two values only.
func isTruth(m hall.Metric) bool {
	switch m {
	case hall.MetricPresence, hall.MetricMotion, hall.MetricOpen, hall.MetricSmoke, hall.MetricOn, hall.MetricPaperLow, hall.MetricOnBattery:
		return true
	}
	return false
}

// plausible bounds what can be measured in a hall; the rest is a fault of the sensor.
var plausible = map[hall.Metric][2]float64{
	hall.MetricTemperature: {-60, 150}, hall.MetricHumidity: {0, 100}, hall.MetricPressure: {30_000, 120_000}, hall.MetricCO2: {0, 60_000},
	hall.MetricIlluminance: {0, 300_000}, hall.MetricBattery: {0, 100}, hall.MetricLinkQuality: {0, 255}, hall.MetricPower: {-100_000, 100_000},
}

// measured makes a value of a metric: truths are 0 or 1, air pressure comes in hectopascals.
func measured(m hall.Metric, part string, v any) (value, bool) {
	n, ok := number(v)
	if !ok {
		return value{}, false
	}
	if isTruth(m) && n != 0 {
		n = 1
	}
	if m == hall.MetricPressure && n < 2000 {
		n *= 100
	}
	if r, ok := plausible[m]; ok && (n < r[0] || n > r[1]) {
		return value{}, false
	}
	return value{m, part, n}, true
}
