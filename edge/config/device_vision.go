package config

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// VisionBlocks are the option blocks of cameras that tell events.
type VisionBlocks struct {
	ONVIF   *ONVIF   `yaml:"onvif"`
	Frigate *Frigate `yaml:"frigate"`
}

func (b *VisionBlocks) blocks() []block {
	return []block{{"onvif", b.ONVIF != nil}, {"frigate", b.Frigate != nil}}
}

// The drivers of cameras that tell events.
const (
	ONVIFCamera   Driver = "onvif-camera"   // motion, tampering, inputs, and its picture
	ONVIFCounter  Driver = "onvif-counter"  // also passages, by rules of CountAggregation
	FrigateCamera Driver = "frigate-camera" // how many people Frigate sees
)

// ONVIF is a camera that speaks ONVIF.
type ONVIF struct {
	URL          string            `yaml:"url" conf:"required"`    // http://address of the camera, or of its device service; without user and password
	Username     string            `yaml:"username" conf:"max=64"` //
	Password     conf.Secret       `yaml:"password"`               //
	Counters     map[string]string `yaml:"counters" conf:"max=16"` // in or out, by the name of the rule that counts
	Ignore       []string          `yaml:"ignore" conf:"max=16"`   // troubles that the camera tells wrongly
	InputsClosed bool              `yaml:"inputs_closed"`          // an active digital input is a closed contact; else an open one
	Pull         time.Duration     `yaml:"pull" conf:"min=5s,max=2m"`
	Snapshot     bool              `yaml:"snapshot"`                      // its picture is looked at
	Stream       bool              `yaml:"stream"`                        // its stream is asked for
	Interval     time.Duration     `yaml:"interval" conf:"min=5s,max=1h"` // between two looks at picture and stream
	Black        float64           `yaml:"black" conf:"min=0,max=255"`    // as of a camera
	Covered      float64           `yaml:"covered" conf:"min=0,max=128"`
	Frozen       time.Duration     `yaml:"frozen" conf:"min=5s,max=24h"`
	Defocused    float64           `yaml:"defocused" conf:"min=0,max=0.9"`
	Moved        float64           `yaml:"moved" conf:"min=0,max=0.95"`
	Relearn      time.Duration     `yaml:"relearn" conf:"min=0s,max=2400h"`
	Frames       bool              `yaml:"frames"`
}

// Defaults suit every model.
func (o *ONVIF) Defaults() {
	*o = ONVIF{Pull: time.Minute, Interval: 30 * time.Second, Black: 16, Covered: 4, Frozen: 2 * time.Minute}
}

// Frigate is a camera of a Frigate video recorder on the broker of the hall.
type Frigate struct {
	Prefix string        `yaml:"prefix"`                                // of its topics
	Camera string        `yaml:"camera" conf:"required,max=64"`         // as Frigate's configuration names it
	Area   string        `yaml:"area" conf:"max=64"`                    // Frigate's zone; empty: all that the camera sees
	Label  string        `yaml:"label" conf:"max=32"`                   // what is counted
	Stats  time.Duration `yaml:"stats_interval" conf:"min=10s,max=10m"` // as Frigate's configuration has it
}

// Defaults are those of Frigate.
func (f *Frigate) Defaults() { *f = Frigate{Prefix: "frigate", Label: "person", Stats: time.Minute} }

// ignorable is what a camera may tell wrongly for ever.
func ignorable() []string {
	return []string{"tamper", "scene_changed", "too_dark", "too_bright", "blurry", "storage_failed"}
}

func visionDrivers() map[Driver]Uses {
	onvif := []string{"onvif"}
	return map[Driver]Uses{
		ONVIFCamera:   {Family: hall.Camera, Required: onvif, Tells: hall.TellsNothing},
		ONVIFCounter:  {Family: hall.Occupancy, Others: []hall.Family{hall.Camera}, Required: onvif, Zone: true, Tells: hall.TellsPassages},
		FrigateCamera: {Family: hall.Camera, Others: []hall.Family{hall.Occupancy}, Required: []string{"frigate"}, Zone: true, Tells: hall.TellsCount},
	}
}

var (
	textCounterNone  = hall.Text{ZH: "计数摄像头需要至少一条计数规则", EN: "a counting camera needs at least one rule"}
	textCounterMend  = hall.Text{ZH: "例如 counters: {进门: in, 出门: out}，名称与摄像头中的规则一致", EN: "e.g. counters: {enter: in, leave: out}, named as in the camera"}
	textCounterOther = hall.Text{ZH: "onvif-camera 不计数", EN: "onvif-camera does not count"}
	textCounterUse   = hall.Text{ZH: "请用 driver: onvif-counter", EN: "use driver: onvif-counter"}
	textViewNone     = hall.Text{ZH: "画面检查需要 snapshot", EN: "a check of pictures needs snapshot"}
	textFramesNone   = hall.Text{ZH: "播放检查需要 %s", EN: "playing the stream needs %s"}
	textVisionUser   = hall.Text{ZH: "有密码却没有用户名", EN: "a password without a user name"}
	textFrigateName  = hall.Text{ZH: "只能是主题的一层，不含 /、+、#", EN: "one level of a topic, without /, + or #"}
)

func (k *checker) vision(path string, d *Device) {
	if c := d.Camera; c != nil {
		k.looks(path+".camera", "rtsp", c.RTSP != "", c.Snapshot != "", c.Frames, map[string]float64{"defocused": c.Defocused, "moved": c.Moved})
	}
	if d.ONVIF != nil {
		k.onvif(path+".onvif", d)
	}
	if d.Frigate != nil {
		k.frigate(path+".frigate", d)
	}
}

func (k *checker) onvif(path string, d *Device) {
	o := d.ONVIF
	k.url(path+".url", o.URL, "http", "https")
	if u, err := url.Parse(o.URL); err == nil && u.Host != "" {
		k.unique(path+".url", "onvif", u.Host+u.Path)
	}
	if o.Password != "" && o.Username == "" {
		k.fail(path+".username", textVisionUser, conf.Say(textAdd, "username"))
	}
	k.looks(path, "stream", o.Stream, o.Snapshot, o.Frames, map[string]float64{"defocused": o.Defocused, "moved": o.Moved})
	for i, code := range o.Ignore {
		if !slices.Contains(ignorable(), code) {
			k.fail(path+".ignore["+strconv.Itoa(i)+"]", textNotOneOf, conf.DidYouMean(code, ignorable()))
		}
	}
	switch {
	case d.Driver == ONVIFCounter && len(o.Counters) == 0 && !k.doc.Has(path+".counters"):
		k.fail(path+".counters", textCounterNone, textCounterMend)
	case d.Driver == ONVIFCamera && len(o.Counters) > 0:
		k.fail(path+".counters", textCounterOther, textCounterUse)
	}
	for _, rule := range slices.Sorted(maps.Keys(o.Counters)) {
		if way := o.Counters[rule]; way != "in" && way != "out" {
			k.fail(path+".counters."+rule, textNotOneOf, conf.DidYouMean(way, []string{"in", "out"}))
		}
	}
}

// looks checks that what is looked at can be had.
func (k *checker) looks(path, stream string, streams, snapshots, frames bool, views map[string]float64) {
	if frames && !streams && !k.doc.Has(path+"."+stream) {
		k.fail(path+".frames", conf.Say(textFramesNone, stream), conf.Say(textAdd, stream))
	}
	for _, key := range slices.Sorted(maps.Keys(views)) {
		if views[key] > 0 && !snapshots && !k.doc.Has(path+".snapshot") {
			k.fail(path+"."+key, textViewNone, conf.Say(textAdd, "snapshot"))
		}
	}
}

func (k *checker) frigate(path string, d *Device) {
	f := d.Frigate
	if k.c.Broker == nil && !k.doc.Has("broker") {
		k.fail(path, textNoBroker, textNoBrokerMend)
	}
	k.topic(path+".prefix", f.Prefix)
	for _, x := range []struct{ key, value string }{{"camera", f.Camera}, {"area", f.Area}, {"label", f.Label}} {
		if x.value != "" && (!validTopic(x.value) || strings.ContainsRune(x.value, '/')) {
			k.fail(path+"."+x.key, textFrigateName, hall.Text{})
		}
	}
	k.unique(path, "frigate", strings.Join([]string{f.Prefix, f.Camera, f.Area, f.Label}, " "))
}
