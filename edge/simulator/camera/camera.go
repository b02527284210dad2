// Package camera is a simulated network camera: a real RTSP server with an H.264 stream (whose pictures nobody can decode) and an
// HTTP server with a JPEG snapshot of a hall where people walk. It shares no code with the gateway's driver.
package camera

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/bluenviron/gortsplib/v5"
)

// Paths of the camera's addresses.
const (
	rtspPath     = "/stream1"
	snapshotPath = "/snapshot.jpg"
)

// Options of a simulated camera.
type Options struct {
	RTSPAddr string // empty: 127.0.0.1:0
	HTTPAddr string // empty: 127.0.0.1:0
	Username string // empty: no login. RTSP wants Digest (or Basic), HTTP wants Basic
	Password string
	Seed     uint64 // of the noise and of where people walk
}

// Picture is what a camera sees.
type Picture uint8

// The pictures.
const (
	Live      Picture = iota // a hall, people, a sensor's noise
	Black                    // no light, or a dead sensor
	Frozen                   // the last picture again and again
	Covered                  // something in front of the lens
	Defocused                // the lens was turned, or is misted
	Moved                    // the camera was turned: another part of the hall
)

// Camera is one simulated camera. Its methods may be called at any time, also before Run.
type Camera struct {
	o          Options
	line       *line
	rtsp, http net.Listener
	closed     chan struct{}
	quit       func()     // closes closed
	running    sync.Mutex // held by Run

	mu      sync.Mutex
	scene   *scene
	picture Picture
	frozen  []byte
	notJPEG bool
	played  Stream
	players map[*gortsplib.ServerSession]bool
	plays   int
}

// New opens both ports, so that the addresses are known; Run answers on them.
func New(o Options) (*Camera, error) {
	c := &Camera{o: o, line: newLine(), scene: newScene(o.Seed), closed: make(chan struct{}),
		players: map[*gortsplib.ServerSession]bool{}}
	var err error
	if c.rtsp, err = c.line.listen(o.RTSPAddr); err != nil {
		return nil, fmt.Errorf("camera: %w", err)
	}
	if c.http, err = c.line.listen(o.HTTPAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("camera: %w", err), c.rtsp.Close())
	}
	c.quit = sync.OnceFunc(func() { close(c.closed) })
	return c, nil
}

// RTSPURL gives the address of the stream, without user and password.
func (c *Camera) RTSPURL() string { return "rtsp://" + c.rtsp.Addr().String() + rtspPath }

// SnapshotURL gives the address of the snapshot, without user and password.
func (c *Camera) SnapshotURL() string { return "http://" + c.http.Addr().String() + snapshotPath }

// SetPicture changes what the camera sees.
func (c *Camera) SetPicture(p Picture) {
	c.mu.Lock()
	c.picture, c.frozen = p, nil
	c.mu.Unlock()
}

// SetLight changes the light of the hall: 1 is day, 0.3 a few lamps.
func (c *Camera) SetLight(part float64) {
	c.mu.Lock()
	c.scene.light = part
	c.mu.Unlock()
}

// NotJPEG makes the snapshot a web page, as after a firmware update that moved it, or a picture again.
func (c *Camera) NotJPEG(on bool) {
	c.mu.Lock()
	c.notJPEG = on
	c.mu.Unlock()
}

// Offline pulls the network cable or puts it back: connections break and new ones are reset.
func (c *Camera) Offline(off bool) { c.line.set(func(l *line) { l.offline = off }) }

// Slow makes every answer late, later than anybody waits, or prompt again.
func (c *Camera) Slow(on bool) { c.line.set(func(l *line) { l.slow = on }) }

// Close ends the camera and waits for Run. It may be called more than once.
func (c *Camera) Close() error {
	c.quit()
	c.line.cut()
	err := errors.Join(unlessClosed(c.rtsp.Close()), unlessClosed(c.http.Close()))
	c.running.Lock() // Run has ended
	defer c.running.Unlock()
	if err != nil {
		return fmt.Errorf("camera: close: %w", err)
	}
	return nil
}

func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
