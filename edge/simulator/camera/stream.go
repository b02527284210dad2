package camera

import (
	"context"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
)

// Stream is what becomes of a stream that is played.
type Stream uint8

// The streams.
const (
	Flowing  Stream = iota // ten pictures a second
	Silent                 // nothing comes
	Standing               // packets come, their time stands still
	Busy                   // all sessions are taken
)

const (
	frameTime  = 100 * time.Millisecond
	frameTicks = 9000 // of the clock of RFC 6184: 90 kHz
)

// SetStream changes what becomes of a stream that is played.
func (c *Camera) SetStream(s Stream) {
	c.mu.Lock()
	c.played = s
	c.mu.Unlock()
}

// Plays says how often the stream was played.
func (c *Camera) Plays() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plays
}

// Playing says how many sessions play the stream now.
func (c *Camera) Playing() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.players)
}

// stream answers RTSP; gortsplib answers OPTIONS itself.
type stream struct {
	c    *Camera
	wake chan struct{} // somebody plays

	ready chan struct{} // closed once live is there
	live  *gortsplib.ServerStream
}

var (
	_ gortsplib.ServerHandlerOnDescribe     = (*stream)(nil)
	_ gortsplib.ServerHandlerOnSetup        = (*stream)(nil)
	_ gortsplib.ServerHandlerOnPlay         = (*stream)(nil)
	_ gortsplib.ServerHandlerOnSessionClose = (*stream)(nil)
)

func newStream(c *Camera) *stream {
	return &stream{c: c, wake: make(chan struct{}, 1), ready: make(chan struct{})}
}

// open makes the stream of a server that runs.
func (s *stream) open(server *gortsplib.Server) (*gortsplib.ServerStream, error) {
	live := &gortsplib.ServerStream{Server: server, Desc: describe()}
	if err := live.Initialize(); err != nil {
		return nil, fmt.Errorf("camera: stream: %w", err)
	}
	s.live = live
	close(s.ready)
	return live, nil
}

// describe gives a camera's one H.264 stream.
func describe() *description.Session {
	return &description.Session{Title: "IP camera", Medias: []*description.Media{{
		Type: description.MediaTypeVideo,
		Formats: []format.Format{&format.H264{PayloadTyp: 96, PacketizationMode: 1,
			SPS: []byte{0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x47, 0xFE, 0x88},
			PPS: []byte{0x68, 0xCE, 0x3C, 0x80}}},
	}}}
}

// admit checks a request's login and path.
func (s *stream) admit(conn *gortsplib.ServerConn, req *base.Request, path string) (*base.Response, *gortsplib.ServerStream, error) {
	select { // the server answers a moment before it has a stream
	case <-s.ready:
	case <-s.c.closed:
		return &base.Response{StatusCode: base.StatusServiceUnavailable}, nil, nil
	}
	switch o := &s.c.o; {
	case o.Username != "" && !conn.VerifyCredentials(req, o.Username, o.Password):
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	case path != rtspPath:
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, s.live, nil
}

// OnDescribe gives the description of the stream.
func (s *stream) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return s.admit(ctx.Conn, ctx.Request, ctx.Path)
}

// OnSetup prepares a session, unless all are taken.
func (s *stream) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	s.c.mu.Lock()
	busy := s.c.played == Busy
	s.c.mu.Unlock()
	if busy {
		return &base.Response{StatusCode: base.StatusNotEnoughBandwidth}, nil, nil
	}
	return s.admit(ctx.Conn, ctx.Request, ctx.Path)
}

// OnPlay begins to play.
func (s *stream) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	s.c.mu.Lock()
	s.c.plays++
	s.c.players[ctx.Session] = true
	s.c.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose ends to play.
func (s *stream) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	delete(s.c.players, ctx.Session)
}

// film writes pictures while somebody plays, until ctx ends.
func (s *stream) film(ctx context.Context, live *gortsplib.ServerStream) error {
	m := live.Desc.Medias[0]
	encoder, err := m.Formats[0].(*format.H264).CreateEncoder()
	if err != nil {
		return fmt.Errorf("camera: stream: %w", err)
	}
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for at := uint32(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
			tick.Reset(frameTime)
			continue
		case <-tick.C:
		}
		s.c.mu.Lock()
		idle, how := len(s.c.players) == 0, s.c.played
		s.c.mu.Unlock()
		switch {
		case idle:
			tick.Stop()
			continue
		case how == Silent:
			continue
		case how != Standing:
			at += frameTicks
		}
		packets, err := encoder.Encode([][]byte{{0x65, 0x88, 0x84, 0x00, 0x10}}) // the beginning of a picture; nobody decodes it
		if err != nil {
			return fmt.Errorf("camera: stream: %w", err)
		}
		for _, p := range packets {
			p.Timestamp = at
			if err := live.WritePacketRTP(m, p); err != nil && ctx.Err() == nil {
				return fmt.Errorf("camera: stream: %w", err)
			}
		}
	}
}
