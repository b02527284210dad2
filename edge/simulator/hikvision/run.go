package hikvision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Run answers, posts and gives signs of life until ctx ends or the device is closed. It can be called once: the port is closed
// when it returns.
func (d *Device) Run(ctx context.Context) error {
	d.running.Lock()
	defer d.running.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx }}
	failed := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { failed <- web.Serve(d.line) })
	wg.Go(func() { d.live(ctx) })
	wg.Go(func() { d.push(ctx) })
	var err error
	select {
	case <-ctx.Done():
	case <-d.closed:
	case err = <-failed:
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	d.quit()
	cancel()
	closing := web.Close()
	wg.Wait()
	if err != nil {
		return fmt.Errorf("hikvision: run: %w", err)
	}
	if closing != nil && !errors.Is(closing, net.ErrClosed) {
		return fmt.Errorf("hikvision: run: %w", closing)
	}
	return nil
}

// live gives heartbeats to streams and to the listening host.
func (d *Device) live(ctx context.Context) {
	tick := time.NewTicker(d.o.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.update(func() {
			if d.faults.Silent {
				return
			}
			d.stats.Heartbeats++
			m := d.heartbeat()
			d.broadcast(m)
			if d.target != "" && len(d.pending) == 0 { // a heartbeat that waits says nothing
				d.pending = append(d.pending, m)
			}
		})
		d.nudge()
	}
}

// push posts what is pending, one message after the other, each again until it is acknowledged.
func (d *Device) push(ctx context.Context) {
	for ctx.Err() == nil {
		m, target, faults, ok := d.next()
		wait := time.Hour
		if ok {
			if d.post(ctx, target, m, faults) == nil {
				d.update(func() { d.pending, d.stats.Posted = d.pending[1:], d.stats.Posted+1 })
				continue
			}
			d.update(func() {
				d.stats.Refused++
				if m.life {
					d.pending = d.pending[1:]
				}
			})
			wait = d.o.Retry
		}
		d.rest(ctx, wait, !ok)
	}
}

func (d *Device) rest(ctx context.Context, wait time.Duration, wakeable bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	wake := d.wake
	if !wakeable {
		wake = nil
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

func (d *Device) next() (m message, target string, f Faults, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.offline || d.target == "" || len(d.pending) == 0 || d.faults.Silent {
		return m, "", f, false
	}
	return d.pending[0], d.target, d.faults, true
}

// post posts one message; an error means that it was not acknowledged.
func (d *Device) post(ctx context.Context, target string, m message, f Faults) error {
	body, kind := m.text, m.contentType
	if !m.life || f.Picture {
		body, kind = append(m.parts(f), "--"+boundary+"--\r\n"...), "multipart/form-data; boundary="+boundary
	}
	var in io.Reader = bytes.NewReader(body)
	if f.Split {
		in = &dribble{body: body}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, in)
	if err != nil {
		return fmt.Errorf("hikvision: %w", err)
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", kind)
	resp, err := d.client.Do(req)
	if err != nil {
		return fmt.Errorf("hikvision: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("hikvision: status %d", resp.StatusCode)
	}
	return nil
}

// dribble gives a body in pieces of three bytes.
type dribble struct{ body []byte }

// Read gives the next piece.
func (r *dribble) Read(p []byte) (int, error) {
	n := copy(p, r.body[:min(3, len(r.body))])
	r.body = r.body[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
