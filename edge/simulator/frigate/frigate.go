// Package frigate is a simulated Frigate video recorder on an MQTT broker: availability, camera states, counts by camera and
// zone, motion, events, stats and camera_activity, as Frigate 0.16 publishes them, and on demand the faults of the field. It
// shares no code with the gateway's driver.
package frigate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

// Options of a simulated Frigate. Broker is required.
type Options struct {
	Broker  driver.Broker
	Prefix  string        // empty: frigate
	Cameras []string      // empty: hall_cam
	Stats   time.Duration // between two stats; 0: 1 min
}

// Faults of a Frigate, all off at first.
type Faults struct {
	RetainCounts  bool // something keeps counts at the broker
	NoActivity    bool // onConnect is not answered
	MissingEnd    bool // events do not end
	DuplicateEnd  bool // or end twice
	UnknownCamera bool // stats and activity are of a camera that nobody asked for
	Babble        bool // counts are no numbers
}

// person is one tracked object.
type person struct{ id, camera, zone string }

// Frigate is one simulated recorder. Its methods may be called at any time; they publish at once.
type Frigate struct {
	o       Options
	mu      sync.Mutex // held while publishing, so that messages keep their order
	faults  Faults
	people  []person
	fps     map[string]float64
	last    int
	started time.Time
}

// New gives a recorder that watches empty rooms.
func New(o Options) *Frigate {
	if o.Prefix == "" {
		o.Prefix = "frigate"
	}
	if len(o.Cameras) == 0 {
		o.Cameras = []string{"hall_cam"}
	}
	if o.Stats <= 0 {
		o.Stats = time.Minute
	}
	f := &Frigate{o: o, fps: map[string]float64{}, started: time.Now().Add(-time.Hour)}
	for _, c := range o.Cameras {
		f.fps[c] = 5
	}
	return f
}

// Run is online, answers onConnect and publishes stats until ctx ends (nil) or the broker is lost (the error). It says stopped
// at its end.
func (f *Frigate) Run(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	asked, lost := make(chan struct{}, 1), make(chan error, 1)
	ready := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		lost <- f.o.Broker.Subscribe(inner, []string{f.o.Prefix + "/onConnect"}, sync.OnceFunc(func() { close(ready) }), func(driver.Message) {
			select {
			case asked <- struct{}{}:
			default:
			}
		})
	})
	defer wg.Wait()
	defer cancel()
	tick := time.NewTicker(f.o.Stats)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			end, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer stop()
			_ = f.publish(end, "available", []byte("stopped"), true) // a lost broker says offline by itself
			return nil
		case err = <-lost:
			if err == nil {
				err = errors.New("subscription ended")
			}
		case <-ready:
			ready = nil
			err = errors.Join(f.publish(ctx, "available", []byte("online"), true), f.Stats(ctx))
		case <-asked:
			err = f.activity(ctx)
		case <-tick.C:
			err = f.Stats(ctx)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("frigate: %w", err)
		}
	}
}

// SetFaults changes what is wrong.
func (f *Frigate) SetFaults(x Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = x
}

// Offline says what the broker says in Frigate's name when its connection is lost.
func (f *Frigate) Offline(ctx context.Context) error {
	return f.publish(ctx, "available", []byte("offline"), true)
}

// Enter lets n more people into a zone of a camera.
func (f *Frigate) Enter(ctx context.Context, camera, zone string, n int) error {
	f.mu.Lock()
	var all []error
	for range n {
		f.last++
		p := person{strconv.Itoa(f.last), camera, zone}
		f.people = append(f.people, p)
		all = append(all, f.event(ctx, "new", p))
	}
	f.mu.Unlock()
	return errors.Join(append(all, f.counts(ctx, camera, zone))...)
}

// Leave lets n people out again.
func (f *Frigate) Leave(ctx context.Context, camera, zone string, n int) error {
	f.mu.Lock()
	var all []error
	for range n {
		i := slices.IndexFunc(f.people, func(p person) bool { return p.camera == camera && p.zone == zone })
		if i < 0 {
			break
		}
		p := f.people[i]
		f.people = slices.Delete(f.people, i, i+1)
		for range f.ends() {
			all = append(all, f.event(ctx, "end", p))
		}
	}
	f.mu.Unlock()
	return errors.Join(append(all, f.counts(ctx, camera, zone))...)
}

// ends is how often the end of an event is told; the lock is held.
func (f *Frigate) ends() int {
	switch {
	case f.faults.MissingEnd:
		return 0
	case f.faults.DuplicateEnd:
		return 2
	}
	return 1
}

// Restart forgets everybody without a word, as a crash does that is over before the broker notices.
func (f *Frigate) Restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.people, f.started = nil, time.Now()
}

// SetFPS changes how many pictures of a camera come in a second.
func (f *Frigate) SetFPS(camera string, fps float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fps[camera] = fps
}

// Status says the state of a camera's detection: online, offline or disabled.
func (f *Frigate) Status(ctx context.Context, camera, state string) error {
	return f.publish(ctx, camera+"/status/detect", []byte(state), false)
}

// Motion begins or ends.
func (f *Frigate) Motion(ctx context.Context, camera string, on bool) error {
	s := "OFF"
	if on {
		s = "ON"
	}
	return f.publish(ctx, camera+"/motion", []byte(s), false)
}
