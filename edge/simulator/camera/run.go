package camera

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
)

// shutdown is how long the end of the HTTP server may take once its connections are cut.
const shutdown = time.Second

// Run answers until ctx ends or the camera is closed. It can be called once: its ports are closed when it returns.
func (c *Camera) Run(ctx context.Context) error {
	c.running.Lock()
	defer c.running.Unlock()
	select {
	case <-c.closed:
		return errors.New("camera: run: closed")
	default:
	}
	defer c.quit()
	film := newStream(c)
	rtsp := &gortsplib.Server{Handler: film, RTSPAddress: c.rtsp.Addr().String(),
		Listen: func(string, string) (net.Listener, error) { return c.rtsp, nil }}
	if err := rtsp.Start(); err != nil {
		return errors.Join(fmt.Errorf("camera: rtsp: %w", err), c.rtsp.Close(), c.http.Close())
	}
	live, err := film.open(rtsp)
	if err != nil {
		c.quit() // whoever waits for the stream waits no more
		rtsp.Close()
		return errors.Join(err, unlessClosed(c.http.Close()))
	}
	web := &http.Server{Handler: still{c}, ReadHeaderTimeout: slowness, ErrorLog: log.New(io.Discard, "", 0)}
	failed := make(chan error, 3)
	filming, cut := context.WithCancel(ctx)
	defer cut()
	var wg sync.WaitGroup
	wg.Go(func() { failed <- rtsp.Wait() })
	wg.Go(func() { failed <- web.Serve(c.http) })
	wg.Go(func() {
		if err := film.film(filming, live); err != nil {
			failed <- err
		}
	})
	select {
	case <-ctx.Done():
	case <-c.closed:
	case err = <-failed:
		err = c.unlessAsked(err)
	}
	cut()
	c.line.cut() // first: the servers wait for their connections
	live.Close()
	rtsp.Close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdown)
	defer cancel()
	err = errors.Join(err, unlessClosed(web.Shutdown(end)))
	wg.Wait()
	if err != nil {
		return fmt.Errorf("camera: run: %w", err)
	}
	return nil
}

// unlessAsked drops the error of a server that ended because of Close.
func (c *Camera) unlessAsked(err error) error {
	select {
	case <-c.closed:
		return nil
	default:
		return err
	}
}
