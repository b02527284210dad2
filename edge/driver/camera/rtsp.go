package camera

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
)

// maxDials bounds the redirects of a DESCRIBE: gortsplib follows them without end.
const maxDials = 3

// stream is the RTSP side of a camera.
type stream struct {
	url     *url.URL // with the login
	timeout time.Duration
	gate    *gate
}

// ask asks for the description of the stream over a connection of its own and wants video in it. With a flow it also plays
// the video for a moment; what goes wrong with that stands in the flow.
func (s *stream) ask(ctx context.Context, f *flow) error {
	line := &line{host: s.url.Hostname(), plain: s.url.Scheme == "rtsp"}
	limit, tcp := 2*(s.timeout+flowTime), gortsplib.ProtocolTCP
	c := &gortsplib.Client{
		Scheme: s.url.Scheme, Host: s.url.Host, UserAgent: "HallPulse", Protocol: &tcp,
		// ctx ends earlier; gortsplib has no contexts, so closeAtEnd stands in for one.
		ReadTimeout: limit, WriteTimeout: limit,
		DialContext:       line.dial,
		OnTransportSwitch: func(error) {}, OnPacketsLost: func(uint64) {}, OnDecodeError: func(error) {}, // they would log
	}
	if err := c.Start(); err != nil {
		return err
	}
	wait := closeAtEnd(ctx, c)
	d, m, err := describe(c, (*base.URL)(s.url))
	if err == nil && f != nil {
		f.err = f.play(ctx, c, d, m)
	}
	wait() // from here on the line is ours to read
	if f != nil && f.err != nil {
		f.err = line.explain(ctx, f.err, s.url.User != nil)
	}
	if err != nil {
		return line.explain(ctx, err, s.url.User != nil)
	}
	return nil
}

// describe gives the description of the stream and the video in it.
func describe(c *gortsplib.Client, u *base.URL) (*description.Session, *description.Media, error) {
	if _, err := c.Options(u); err != nil {
		return nil, nil, err
	}
	d, _, err := c.Describe(u)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range d.Medias {
		if m.Type == description.MediaTypeVideo && !m.IsBackChannel {
			return d, m, nil
		}
	}
	return nil, nil, errors.New("no video in the description of the stream")
}

// closeAtEnd closes c when ctx ends, or when the returned function is called, which waits until all of c is gone.
func closeAtEnd(ctx context.Context, c *gortsplib.Client) (wait func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-ctx.Done():
		case <-done:
		}
		c.Close()
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// line dials for gortsplib: to the camera's host only, because a redirect would carry the login away, and it remembers the
// first bytes that came, because gortsplib skips what is not RTSP until the line ends. One goroutine uses it at a time.
type line struct {
	host  string
	plain bool // not TLS: the first bytes are RTSP's
	dials int
	head  []byte
}

func (l *line) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if host != l.host {
		return nil, fmt.Errorf("redirected to another host, %s: not followed", host)
	}
	if l.dials++; l.dials > maxDials {
		return nil, errors.New("redirected in a circle")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l.head = nil
	return &heard{Conn: conn, line: l}, nil
}

type heard struct {
	net.Conn
	line *line
}

// headBytes are enough to know RTSP from HTTP, SSH or TLS.
const headBytes = 8

// Read reads on, remembering the first bytes.
func (h *heard) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if free := headBytes - len(h.line.head); free > 0 {
		h.line.head = append(h.line.head, p[:min(n, free)]...)
	}
	return n, err
}

// explain says in plain words why there was no description.
func (l *line) explain(ctx context.Context, err error, login bool) error {
	var status liberrors.ErrClientBadStatusCode
	switch {
	case errors.As(err, &status) && status.Code == base.StatusUnauthorized:
		return refusal(login)
	case errors.As(err, &status):
		return fmt.Errorf("status %d %.40s", status.Code, status.Message)
	case l.plain && len(l.head) > 0 && !isRTSP(l.head):
		return fmt.Errorf("not an RTSP server: it says %q", l.head)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF):
		return errors.New("connection closed without an answer")
	}
	return err
}

// isRTSP knows the beginning of an answer, and of an interleaved packet that a confused camera may send.
func isRTSP(head []byte) bool {
	const start = "RTSP/"
	n := min(len(head), len(start))
	return string(head[:n]) == start[:n] || head[0] == '$'
}
