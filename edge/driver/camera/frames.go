package camera

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/pion/rtp"
)

// Times and numbers of playing a stream. Cameras serve few sessions, so a stream is played rarely and briefly.
const (
	framesEvery = time.Minute     // between two
	flowTime    = 4 * time.Second // some cameras begin with their next whole picture
	flowSteps   = 3               // timestamps that advance are proof enough
	framesWrong = 2               // probes in a row before something is wrong: all sessions may be taken for a while
)

// codeFrames says that the stream is described and brings no pictures.
const codeFrames = "no_frames"

// flow is what a stream brings while it is played.
type flow struct {
	tried bool          // the stream was described
	err   error         // it could not be played
	took  time.Duration // playing it
	limit time.Duration // for it

	mu      sync.Mutex
	packets int
	last    uint32 // the latest timestamp
	steps   int    // how often it advanced
	enough  chan struct{}
}

func newFlow(limit time.Duration) *flow { return &flow{limit: limit, enough: make(chan struct{})} }

// play sets the video up over the connection (RFC 2326 §10.4, §10.12) and watches it until it has proved to be alive, its limit
// has passed or ctx ends. Closing the client tears it down.
func (f *flow) play(ctx context.Context, c *gortsplib.Client, d *description.Session, m *description.Media) error {
	begin := time.Now()
	f.tried = true
	defer func() { f.took = time.Since(begin) }()
	if _, err := c.Setup(d.BaseURL, m, 0, 0); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	for _, format := range m.Formats {
		c.OnPacketRTP(m, format, func(p *rtp.Packet) { f.take(p.Timestamp) })
	}
	if _, err := c.Play(nil); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	late := time.NewTimer(f.limit)
	defer late.Stop()
	select {
	case <-f.enough:
	case <-late.C:
	case <-ctx.Done():
	}
	return nil
}

// take notes the timestamp of a packet. Timestamps wrap, and those of bidirectional pictures go to and fro (RFC 3550 §5.1).
func (f *flow) take(stamp uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.packets++; f.packets == 1 {
		f.last = stamp
		return
	}
	if int32(stamp-f.last) <= 0 {
		return
	}
	f.last = stamp
	if f.steps++; f.steps == flowSteps {
		close(f.enough)
	}
}

// judge says what is wrong with a stream that was played.
func (f *flow) judge() *finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.err != nil:
		return &finding{code: codeFrames, detail: "stream not played: " + oneLine(f.err)}
	case f.packets == 0:
		return &finding{code: codeFrames, stuck: true, detail: fmt.Sprintf("no RTP packet within %v", f.limit)}
	case f.steps == 0:
		return &finding{code: codeFrames, stuck: true, detail: fmt.Sprintf("%d RTP packets within %v, all of one time", f.packets, f.limit)}
	}
	return nil
}

// frames says when a stream is to be played, and what is wrong with it. A nil one plays none.
type frames struct {
	limit time.Duration // for one probe
	first time.Duration // before it: the cameras of a hall are not played all at once
	next  time.Time
	wrong int // probes in a row
	found *finding
}

// due gives the flow of a probe that is to be made at now; nil: none.
func (f *frames) due(now time.Time) *flow {
	if f == nil {
		return nil
	}
	if f.next.IsZero() {
		f.next = now.Add(f.first)
	}
	if now.Before(f.next) && f.next.Sub(now) <= framesEvery {
		return nil
	}
	f.next = now.Add(framesEvery)
	return newFlow(f.limit)
}

// note takes what a probe found. One that did not come to play says nothing.
func (f *frames) note(p *flow) {
	if !p.tried {
		return
	}
	if f.found = p.judge(); f.found == nil {
		f.wrong = 0
		return
	}
	f.wrong++
}

// judge gives what is wrong with the stream.
func (f *frames) judge() *finding {
	if f == nil || f.wrong < framesWrong {
		return nil
	}
	return f.found
}
