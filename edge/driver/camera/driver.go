package camera

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"hallpulse/edge/driver"
)

var _ driver.Driver = (*Driver)(nil)

// Times of the driver.
const (
	defaultInterval = 10 * time.Second
	longestAsk      = 5 * time.Second // for one address
	leastSilence    = 30 * time.Second
)

// Options of a camera. At least one of RTSP and Snapshot must be set.
type Options struct {
	RTSP     string // rtsp://host:port/path, without user and password; empty: not asked
	Snapshot string // http://host/path of a JPEG or PNG, without user and password; empty: not fetched
	Username string // empty: no login
	Password string
	Interval time.Duration // between two looks; 0: 10 s
	Black    float64       // mean luminance (0 to 255) below which a picture is black; 0: not checked
	Covered  float64       // standard deviation of luminance below which it is covered; 0: not checked
	Frozen   time.Duration // the same picture for this long is frozen; 0: not checked
	// Defocused is the part of its usual sharpness below which a picture is defocused, and Moved the part of the usual edges
	// below which the camera was moved, both 0 to 1; 0: not checked.
	Defocused, Moved float64
	Relearn          time.Duration    // a view that is another one for so long becomes the usual one; 0: 24 h
	Frames           bool             // the stream is played for a moment once a minute: do its pictures come?
	Now              func() time.Time // nil: time.Now
}

// Driver watches one camera. What a look costs is stated at the limits of picture.go.
type Driver struct {
	o              Options
	learned        *memory // it outlives Run: a camera that was moved while it was away is noticed
	frames         *frames // it outlives Run: a camera that comes and goes is not played each time; nil: never played
	rtsp, snapshot gate    // they outlive Run: a locked account must not be asked again by the next Run
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver {
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Driver{o: o}
	if o.Frames && o.RTSP != "" {
		d.frames = &frames{limit: flowTime, first: rand.N(framesEvery)}
	}
	if o.Defocused > 0 || o.Moved > 0 {
		d.learned = newMemory(o.Defocused, o.Moved, o.Relearn)
	}
	return d
}

// Expect says how a camera shows that it lives: it answers every look.
func (d *Driver) Expect() driver.Expect {
	return driver.Expect{Silence: max(3*d.o.Interval, leastSilence)}
}

// eye is what a Run looks with. A nil stream or still is not configured.
type eye struct {
	stream  *stream
	still   *still
	watch   watch
	frames  *frames       // nil: the stream is not played
	timeout time.Duration // for one address
	now     func() time.Time
}

// Run looks at the camera until ctx ends or nothing of it answers. Its errors name the address that did not answer.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	e, err := d.eye()
	if err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for opened := false; ; opened = true {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		l := e.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := l.dead(); err != nil {
			return err
		}
		if !opened {
			out.Opened()
		}
		l.tell(out)
		timer.Reset(d.pause(l.took))
	}
}

// pause gives the wait after a look that took so long. The jitter spreads the cameras of a hall over the interval.
func (d *Driver) pause(took time.Duration) time.Duration {
	tenth := d.o.Interval / 10
	return max(9*tenth+rand.N(2*tenth+1)-took, tenth)
}

// eye prepares the probes of a Run.
func (d *Driver) eye() (*eye, error) {
	if d.o.RTSP == "" && d.o.Snapshot == "" {
		return nil, fmt.Errorf("camera: neither an RTSP nor a snapshot address: %w", driver.ErrPermanent)
	}
	e := &eye{timeout: min(d.o.Interval, longestAsk), now: d.o.Now, frames: d.frames,
		watch: watch{black: d.o.Black, covered: d.o.Covered, frozen: d.o.Frozen, learned: d.learned}}
	if d.o.RTSP != "" {
		u, err := parse(d.o.RTSP, "rtsp", "rtsps")
		if err != nil {
			return nil, err
		}
		if d.o.Username != "" {
			u.User = url.UserPassword(d.o.Username, d.o.Password) // gortsplib takes the login from here
		}
		e.stream = &stream{url: u, timeout: e.timeout, gate: &d.rtsp}
	}
	if d.o.Snapshot != "" {
		u, err := parse(d.o.Snapshot, "http", "https")
		if err != nil {
			return nil, err
		}
		e.still = &still{url: u, user: d.o.Username, password: d.o.Password, gate: &d.snapshot,
			client: &http.Client{Transport: transport(), CheckRedirect: sameHost}}
	}
	return e, nil
}
