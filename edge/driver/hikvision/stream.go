package hikvision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"hallpulse/edge/driver"
)

// errSilent says that a stream stayed open without a word.
var errSilent = errors.New("the stream says nothing")

// stream holds the device's alertStream open until ctx ends or it breaks. A stream that the device closes in good order after
// it said something is opened again: some close each after 40 seconds.
func (d *device) stream(ctx context.Context, out driver.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := time.Now()
	in, err := d.openStream(ctx)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	if err := d.attach(ctx, out); err != nil {
		return errors.Join(err, in.Close())
	}
	defer d.detach(cancel)
	out.Opened()
	d.startKeeper(ctx, out)
	for {
		heard, err := d.follow(ctx, out, in)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil || heard == 0 {
			return fmt.Errorf("hikvision: alertStream: %w", orEOF(err))
		}
		if err := d.pause(ctx, begin); err != nil {
			return nil
		}
		begin = time.Now()
		if in, err = d.openStream(ctx); err != nil {
			return unlessEnded(ctx, err)
		}
		d.count(func(st *Status) { st.Reopened++ })
		d.kind.reached(true)
	}
}

func orEOF(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// pause keeps what follows by itself, streams that are closed at once and looks, from doing so without a break.
func (d *device) pause(ctx context.Context, begin time.Time) error {
	timer := time.NewTimer(d.srv.times.reopen - time.Since(begin))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// flow is an open stream that is cut when nothing was heard for a while.
type flow struct {
	io.ReadCloser
	want   []byte // the boundary's line
	cancel context.CancelFunc
	silent *time.Timer
	wait   time.Duration
	end    func(error)
	ctx    context.Context
}

// heard begins the wait anew.
func (f *flow) heard() { f.silent.Reset(f.wait) }

// Close ends the stream.
func (f *flow) Close() error {
	f.silent.Stop()
	f.cancel()
	return f.ReadCloser.Close()
}

// openStream asks for the stream and, where it is not known yet, who the device is: without its serial number a terminal's
// punches are none.
func (d *device) openStream(ctx context.Context) (*flow, error) {
	if err := d.identify(ctx); err != nil && (d.lives && d.serial() == "" || errors.Is(err, errLogin)) {
		return nil, err
	}
	ctx, end := context.WithCancelCause(ctx)
	f := &flow{ctx: ctx, end: end, cancel: func() { end(nil) }, wait: 3 * d.o.Heartbeat}
	f.silent = time.AfterFunc(f.wait, func() { end(fmt.Errorf("%w for %v", errSilent, f.wait)) })
	resp, err := d.client.do(ctx, http.MethodGet, pathStream, nil)
	if err != nil {
		f.silent.Stop()
		f.cancel()
		return nil, err
	}
	f.ReadCloser, f.want = resp.Body, boundary(resp.Header.Get("Content-Type"))
	return f, nil
}

// follow reads one stream to its end. heard is how many events were in it; a nil error means that the device closed it.
func (d *device) follow(ctx context.Context, out driver.Sink, in *flow) (heard int, err error) {
	defer func() { _ = in.Close() }() // it was read to its end, or is given up
	var failed error
	parts := splitter{want: in.want, refuse: d.refused}
	parts.text = func(text []byte) {
		heard++
		in.heard()
		failed = errors.Join(failed, d.hear(ctx, out, text))
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := in.Read(buf)
		parts.feed(buf[:n])
		switch {
		case failed != nil: // not durable: what is lost here the next search, or the next total, brings back
			return heard, failed
		case errors.Is(err, io.EOF):
			parts.end()
			return heard, failed
		case err != nil:
			return heard, because(in.ctx, err)
		}
	}
}
