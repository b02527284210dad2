package mqttdevice

import (
	"embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
	"hallpulse/hall/conf"
)

//go:embed mappings/*.yaml
var shipped embed.FS

// Mapping describes the messages of devices that no kind covers. Topics hold {topic} where the device's own name stands.
type Mapping struct {
	Name     hall.Text     `yaml:"name"`
	Interval time.Duration `yaml:"interval" conf:"min=0s,max=24h"` // between two messages; 0: it need not speak
	Link     *MappingLink  `yaml:"availability"`
	Values   []MappingRule `yaml:"values" conf:"required,min=1,max=64"`
	Retained bool          `yaml:"retained"` // what is retained is true while the device is online
	file     string
}

// MappingLink says whether the device is there.
type MappingLink struct {
	Topic   string `yaml:"topic" conf:"required,max=240"`
	Path    string `yaml:"path" conf:"max=120"` // a.b in a JSON object; empty: the payload
	Online  string `yaml:"online" conf:"required"`
	Offline string `yaml:"offline" conf:"required"`
}

// MappingRule is one value.
type MappingRule struct {
	Topic  string  `yaml:"topic" conf:"required,max=240"`
	Path   string  `yaml:"path" conf:"max=120"`
	Metric string  `yaml:"metric" conf:"required"`
	Part   string  `yaml:"part" conf:"max=60"`
	On     string  `yaml:"on"` // a truth's words, where they are not the usual ones
	Off    string  `yaml:"off"`
	Scale  float64 `yaml:"scale"` // 0: 1
}

// Mappings lists the shipped mappings.
func Mappings() (out []string) {
	list, _ := shipped.ReadDir("mappings") // embedded
	for _, f := range list {
		out = append(out, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return out
}

// maxMapping bounds a mapping's file.
const maxMapping = 256 << 10

// LoadMapping reads a shipped mapping by its name, or a file. What is wrong with it comes as a conf.Errors.
func LoadMapping(nameOrFile string) (*Mapping, error) {
	if slices.Contains(Mappings(), nameOrFile) {
		data, err := shipped.ReadFile("mappings/" + nameOrFile + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("mqttdevice: mapping: %w", err)
		}
		return ParseMapping(nameOrFile, data)
	}
	f, err := os.Open(nameOrFile)
	if err != nil {
		return nil, fmt.Errorf("mqttdevice: mapping: there is no shipped one of that name (%s), nor a file: %w", strings.Join(Mappings(), ", "), err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxMapping))
	if err != nil {
		return nil, fmt.Errorf("mqttdevice: mapping: %w", err)
	}
	return ParseMapping(nameOrFile, data)
}

var (
	textMetric   = hall.Text{ZH: "没有这个量", EN: "there is no such metric"}
	textMapTopic = hall.Text{ZH: "不是 MQTT 主题，或没有 {topic}", EN: "not an MQTT topic, or {topic} is missing"}
)

// metrics that a mapping may name.
func metrics() (out []string) {
	for _, m := range []hall.Metric{hall.MetricPresence, hall.MetricMotion, hall.MetricOpen, hall.MetricSmoke, hall.MetricOn, hall.MetricTemperature,
		hall.MetricHumidity, hall.MetricPressure, hall.MetricCO2, hall.MetricIlluminance, hall.MetricPower, hall.MetricBattery, hall.MetricLinkQuality,
		hall.MetricUptime} {
		out = append(out, string(m))
	}
	return out
}

// ParseMapping reads a mapping. The error is a conf.Errors.
func ParseMapping(file string, data []byte) (*Mapping, error) {
	doc := conf.Open(file, data)
	m := &Mapping{file: file}
	if doc.Decode(m) {
		if m.Link != nil && !mapTopic(m.Link.Topic) {
			doc.Fail("availability.topic", textMapTopic, hall.Text{})
		}
		for i, r := range m.Values {
			at := fmt.Sprintf("values[%d]", i)
			if r.Metric != "" && !slices.Contains(metrics(), r.Metric) {
				doc.Fail(at+".metric", textMetric, conf.DidYouMean(r.Metric, metrics()))
			}
			if r.Topic != "" && !mapTopic(r.Topic) {
				doc.Fail(at+".topic", textMapTopic, hall.Text{})
			}
		}
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

func mapTopic(t string) bool { return strings.Contains(t, "{topic}") && validTopic(t) }

// mapped understands a device by a mapping.
type mapped struct {
	m     *Mapping
	topic string
	up    bool
}

// NewMapped gives the driver of a device by a mapping.
func NewMapped(o Options, m *Mapping, topic string) *Device {
	return newDevice(o, &mapped{m: m, topic: topic})
}

func (p *mapped) forget() { p.up = false }

func (p *mapped) interval() time.Duration { return p.m.Interval }

func (p *mapped) at(t string) string { return strings.ReplaceAll(t, "{topic}", p.topic) }

func (p *mapped) filters() []string {
	var out []string
	if p.m.Link != nil {
		out = append(out, p.at(p.m.Link.Topic))
	}
	for _, r := range p.m.Values {
		if t := p.at(r.Topic); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func (p *mapped) hear(m driver.Message) (report, error) {
	var r report
	if l := p.m.Link; l != nil && p.at(l.Topic) == m.Topic {
		state, err := link{online: l.Online, offline: l.Offline, path: l.Path}.read(m.Payload)
		if err != nil {
			return r, err
		}
		p.up = state == online
		r.link, r.why = state, m.Topic
		return r, nil
	}
	if m.Retained && !(p.m.Retained && p.up) {
		return r, nil
	}
	r.live = !m.Retained
	for _, rule := range p.m.Values {
		if p.at(rule.Topic) != m.Topic {
			continue
		}
		e := entity{metric: hall.Metric(rule.Metric), part: rule.Part, path: rule.Path, on: rule.On, off: rule.Off}
		v, ok, err := e.read(m.Payload)
		if err != nil {
			return report{}, err
		}
		if rule.Scale != 0 {
			v.value *= rule.Scale
		}
		if ok {
			r.values = append(r.values, v)
		}
	}
	return r, nil
}
