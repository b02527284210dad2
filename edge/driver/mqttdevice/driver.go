package mqttdevice

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Device)(nil)

// DefaultStuck is how long somebody may be there without a break.
const DefaultStuck = 12 * time.Hour

// ErrOffline says that the device's own word, or its bridge's, is that it is away.
var ErrOffline = errors.New("the device is offline")

// availability is what a message says of the device's link.
type availability uint8

const (
	unsaid availability = iota
	online
	offline
)

// value is one thing that a message measures.
type value struct {
	metric hall.Metric
	part   string
	value  float64
}

// report is what a message means.
type report struct {
	link    availability
	why     string // of offline
	live    bool   // the device itself spoke, now
	values  []value
	trouble []string // that holds now; told with live reports only
}

// source understands one kind of device. It is used by one goroutine at a time.
type source interface {
	// forget begins anew: what was true on a connection is not known on the next.
	forget()
	// filters lists the topics. They may become more with what is heard.
	filters() []string
	// hear gives what a message means. The error says why it is refused.
	hear(m driver.Message) (report, error)
	// interval is how often the device speaks at least; 0: it need not.
	interval() time.Duration
}

// Options of a device. Broker and Source are required.
type Options struct {
	Broker   driver.Broker
	Zone     hall.ZoneID
	Interval time.Duration // between two messages; 0: as usual for the kind
	Stuck    time.Duration // presence without a break for so long is none; 0: never
}

// Device is one device behind the hall's broker.
type Device struct {
	o   Options
	src source
}

func newDevice(o Options, src source) *Device {
	if o.Interval <= 0 {
		o.Interval = src.interval()
	}
	return &Device{o, src}
}

// Expect says how a device shows that it lives: it misses three of its intervals.
func (d *Device) Expect() driver.Expect { return driver.Expect{Silence: 3 * d.o.Interval} }

// Run listens until ctx ends, the broker is lost or the device is offline.
func (d *Device) Run(ctx context.Context, out driver.Sink) error {
	if d.o.Broker == nil {
		return fmt.Errorf("mqttdevice: no broker: %w", driver.ErrPermanent)
	}
	d.src.forget()
	w := &watcher{out: out, zone: string(d.o.Zone), stuck: d.o.Stuck}
	for {
		again, err := d.listen(ctx, w)
		if err != nil {
			return fmt.Errorf("mqttdevice: %w", err)
		}
		if !again {
			return nil
		}
	}
}

// listen subscribes until it ends, or until more topics are wanted.
func (d *Device) listen(ctx context.Context, w *watcher) (again bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	filters := d.src.filters()
	more := errors.New("more topics")
	held := shelf{}
	err = d.o.Broker.Subscribe(ctx, filters, w.open, func(m driver.Message) {
		if ctx.Err() != nil {
			return
		}
		link, err := d.hear(m, w)
		if err == nil && link == online {
			for _, old := range held.take() { // what is retained came in any order
				if _, err = d.hear(old, w); err != nil {
					break
				}
			}
		}
		held.put(m)
		if err != nil {
			cancel(err)
			return
		}
		if !slices.Equal(filters, d.src.filters()) {
			cancel(more)
		}
	})
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, more):
		return true, nil
	case errors.Is(cause, ErrOffline):
		return false, cause
	}
	return false, err
}

// hear passes on what a message means. The error ends the run.
func (d *Device) hear(m driver.Message, w *watcher) (availability, error) {
	rep, err := d.src.hear(m)
	if err != nil {
		w.out.Refused(err.Error(), clip(m))
		return unsaid, nil
	}
	return rep.link, w.take(rep, time.Now())
}

// Bounds of the retained messages that are kept until the device says that it is online.
const (
	maxHeld     = 128
	maxHeldSize = 4 << 10
)

// shelf keeps the newest retained message of each topic.
type shelf map[string]driver.Message

func (s shelf) put(m driver.Message) {
	if _, known := s[m.Topic]; !m.Retained || len(m.Payload) > maxHeldSize || len(s) >= maxHeld && !known {
		return
	}
	m.Payload = slices.Clone(m.Payload)
	s[m.Topic] = m
}

// take gives what is kept; it is heard once.
func (s shelf) take() []driver.Message {
	list := slices.SortedFunc(maps.Values(s), func(a, b driver.Message) int { return strings.Compare(a.Topic, b.Topic) })
	clear(s)
	return list
}

// clip gives a message as it is kept when it is refused.
func clip(m driver.Message) []byte {
	const most = 240
	b := append([]byte(m.Topic+" "), m.Payload...)
	return b[:min(len(b), most)]
}

// watcher passes on what reports say.
type watcher struct {
	out    driver.Sink
	zone   string
	stuck  time.Duration
	opened bool
	there  time.Time // since when somebody is there without a break; zero: nobody
	told   string    // trouble
}

func (w *watcher) open() {
	if !w.opened {
		w.opened = true
		w.out.Opened()
	}
}

func (w *watcher) take(r report, now time.Time) error {
	if r.link == offline {
		return fmt.Errorf("%w: %s", ErrOffline, r.why)
	}
	if r.live || r.link == online {
		w.out.Seen() // a bridge or a last will speaks for the device: its own interval is watched beside
	}
	for _, v := range r.values {
		if v.metric == hall.MetricPresence {
			v.part = w.zone
			w.presence(v.value != 0, now)
		}
		w.out.Reading(v.metric, v.part, v.value)
	}
	if r.live {
		w.trouble(r.trouble, now)
	}
	return nil
}

func (w *watcher) presence(there bool, now time.Time) {
	switch {
	case !there:
		w.there = time.Time{}
	case w.there.IsZero():
		w.there = now
	}
}

// trouble tells what is wrong with the device, by its own word or because nobody sits in a hall for half a day.
func (w *watcher) trouble(list []string, now time.Time) {
	code, stuck := "device_trouble", false
	if w.stuck > 0 && !w.there.IsZero() && now.Sub(w.there) >= w.stuck {
		code, stuck, list = "stuck_on", true, []string{w.stuck.String()}
	}
	detail := strings.Join(list, ", ")
	key := code + detail
	if detail == "" {
		key = ""
	}
	if key == w.told {
		return
	}
	if w.told = key; key == "" {
		w.out.Healthy()
		return
	}
	w.out.Degraded(stuck, hall.Reason{Code: code, Detail: detail})
}
