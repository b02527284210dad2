package mqttdevice

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"hallpulse/hall"
)

// entity is one part of a discovered device that measures something.
type entity struct {
	metric  hall.Metric
	part    string
	state   string // topic
	path    string // of the value in a JSON object; empty: the payload is the value
	on, off string
}

// entityOf reads a description with long keys; wanted is false for what measures nothing that a hall shows.
func entityOf(id, component string, o map[string]any) (e entity, wanted bool, err error) {
	e.metric = metricOf(component, text(o, "device_class"))
	if e.metric == "" {
		return e, false, nil
	}
	e.state, e.part = expand(text(o, "state_topic"), text(o, "~")), id
	if e.state == "" {
		return e, false, nil
	}
	if !validTopic(e.state) {
		return e, false, fmt.Errorf("state topic %.80q", e.state)
	}
	var ok bool
	if e.path, ok = template(text(o, "value_template")); !ok {
		return e, false, fmt.Errorf("value template %.80q: only {{ value }} and {{ value_json.… }} are understood", text(o, "value_template"))
	}
	e.on, e.off = word(o["payload_on"]), word(o["payload_off"])
	if len(e.part) > 64 {
		e.part = e.part[:64]
	}
	return e, true, nil
}

// read gives the value of a state message; ok is false where it holds none now.
func (e entity) read(payload []byte) (v value, ok bool, err error) {
	var raw any = strings.TrimSpace(string(payload))
	if e.path != "" {
		o, err := object(payload)
		if err != nil {
			return v, false, err
		}
		if raw, ok = path(o, e.path); !ok {
			return v, false, nil
		}
	}
	switch said := fmt.Sprint(raw); {
	case e.on != "" && said == e.on:
		raw = "on"
	case e.off != "" && said == e.off:
		raw = "off"
	case said == "None" || said == "unknown" || said == "unavailable" || said == "":
		return v, false, nil
	}
	v, ok = measured(e.metric, e.part, raw)
	if !ok {
		return v, false, errNotState
	}
	return v, true, nil
}

// templates that are understood: {{ value }}, {{ value_json.a.b }}, {{ value_json['a'] }}, with a filter like | float ignored.
var templates = regexp.MustCompile(`^\{\{-?\s*value(?:_json((?:\.[A-Za-z0-9_]+|\['[A-Za-z0-9_ ]+'\])+))?\s*(?:\|[^{}]{0,60})?-?\}\}$`)

// template gives the path of a value template; ok is false for one that is a program.
func template(s string) (dotted string, ok bool) {
	if s = strings.TrimSpace(s); s == "" {
		return "", true
	}
	m := templates.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	return strings.Trim(strings.NewReplacer("['", ".", "']", "").Replace(m[1]), "."), true
}

// abbreviations of discovery (Home Assistant, MQTT discovery) that matter here.
var abbreviations = map[string]string{
	"stat_t": "state_topic", "val_tpl": "value_template", "dev_cla": "device_class", "avty_t": "availability_topic", "avty": "availability",
	"pl_avail": "payload_available", "pl_not_avail": "payload_not_available", "pl_on": "payload_on", "pl_off": "payload_off", "p": "platform",
	"cmps": "components", "avty_tpl": "availability_template", "t": "topic",
}

// long gives a description its long keys.
func long(o map[string]any) map[string]any {
	out := make(map[string]any, len(o))
	for k, v := range o {
		if full, ok := abbreviations[k]; ok {
			k = full
		}
		out[k] = v
	}
	return out
}

func text(o map[string]any, key string) string {
	s, _ := o[key].(string)
	return s
}

// word spells what a description gives as a text, a truth or a number: payload_on may be false.
func word(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case bool, json.Number:
		return fmt.Sprint(x)
	}
	return ""
}

// expand replaces ~ at an end of a topic by the base.
func expand(topic, base string) string {
	if base == "" {
		return topic
	}
	if rest, ok := strings.CutPrefix(topic, "~"); ok {
		return base + rest
	}
	if rest, ok := strings.CutSuffix(topic, "~"); ok {
		return rest + base
	}
	return topic
}

// validTopic says whether a topic may be subscribed to as it is.
func validTopic(t string) bool {
	return t != "" && len(t) <= 240 && !strings.ContainsAny(t, "+#\x00") && !strings.HasPrefix(t, "$")
}
