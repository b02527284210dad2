package hallpulse_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/simulator/line"
)

// displays makes a serial port and an address where a queue system calls one number after another until the test ends.
func (d *desk) displays(t *testing.T) {
	t.Helper()
	port, err := line.Open(filepath.Join(d.dir, "usb-display"))
	if err != nil {
		t.Fatal(err)
	}
	network, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.port, d.network = port.Path(), network.Addr().String()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { call(port, done) })
	wg.Go(func() {
		for {
			c, err := network.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				call(c, done)
			})
		}
	})
	t.Cleanup(func() {
		close(done)
		_, _ = port.Close(), network.Close()
		wg.Wait()
	})
}

// gateway runs the desk's gateway until stop, once it can be asked.
func (d *desk) gateway(t *testing.T) (stop func()) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(d.bin, "hallpulse-edge"), "--config", "hall.yaml")
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(time.Minute); ; <-tick.C {
		if c, err := net.Dial("unix", filepath.Join(d.dir, "gateway", control.SocketFile)); err == nil {
			_ = c.Close()
			break
		}
		if len(ended) > 0 || time.Now().After(late) {
			t.Fatalf("the gateway cannot be asked\n%s", out.String())
		}
	}
	return func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := <-ended; err != nil {
			t.Errorf("the gateway: %v\n%s", err, out.String())
		}
	}
}

// call writes calls in turn, as the LED-485 family has them, until done.
func call(w io.Writer, done <-chan struct{}) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		if _, err := fmt.Fprintf(w, "$%03d,A%03d#", 1+n%2, n%1000); err != nil {
			return
		}
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}
