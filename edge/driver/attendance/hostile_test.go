package attendance

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/inbound"
)

// hasty gives up on a connection soon, so that what is slow need not be waited for.
func hasty() patience {
	return patience{slot: 100 * time.Millisecond, Times: inbound.Times{Header: 150 * time.Millisecond, Read: 400 * time.Millisecond,
		Write: 2 * time.Second, Idle: 150 * time.Millisecond, Stop: 100 * time.Millisecond}}
}

// dripping sends text, then one more byte of filler at a time until the server hangs up; it gives what was answered.
func dripping(t *testing.T, st *site, text, filler string) string {
	t.Helper()
	c := raw(t, st, text)
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(c) // ends when the server closes; a reset after an answer is an end, too
		answer <- string(b)
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(15 * time.Second)
	defer late.Stop()
	for i := 0; ; i++ {
		select {
		case a := <-answer:
			return a
		case <-tick.C:
			_, _ = c.Write([]byte{filler[i%len(filler)]}) // fails once the server hung up; answer tells
		case <-late.C:
			t.Fatal("the server listens to a slow client for ever")
		}
	}
}

func TestSlowHeadersAreCut(t *testing.T) {
	st := openWith(t, Options{}, hasty())
	for _, text := range []string{"", "GET /iclock/cdata?SN=" + serial, "POST " + attlog + " HTTP/1.1\r\nHost: x\r\n"} {
		if answer := dripping(t, st, text, "X-a: b\r\n"); strings.Contains(answer, " 200 ") {
			t.Errorf("after %q: %q", text, answer)
		}
	}
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

func TestSlowBodiesAreCutAndNotJournalled(t *testing.T) {
	st := openWith(t, Options{}, hasty())
	head := "POST " + attlog + " HTTP/1.1\r\nHost: x\r\n"
	for _, text := range []string{head + "Content-Length: 100000\r\n\r\n" + line1, head + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + line1} {
		if answer := dripping(t, st, text, line1); strings.Contains(answer, " 200 ") {
			t.Errorf("half a body was acknowledged: %q", answer)
		}
	}
	if got := st.sink.punches(); got != nil {
		t.Errorf("half bodies were journalled: %q", got)
	}
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

// A terminal whose bodies never end uses up its own places alone.
func TestStalledBodiesOfOneTerminalDoNotStopAnother(t *testing.T) {
	st := open(t, Options{})
	other := st.srv.Terminal(TerminalOptions{Serial: "OTHER1"})
	out := newSink()
	if err := other.attach(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	for range maxConnsPerIP - 4 {
		raw(t, st, "POST "+attlog+" HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n1001\t2026")
	}
	for range maxUploads { // while the stalled ones hold their places
		st.want(t, "POST", "/iclock/cdata?SN=OTHER1&table=ATTLOG", line1, 200, "OK: 1")
	}
	if n := len(out.punches()); n != 1 {
		t.Errorf("%d punches", n)
	}
}

func TestStalledBodiesGiveTheirPlacesBack(t *testing.T) {
	st := openWith(t, Options{}, hasty())
	var stalled []net.Conn
	for range maxConnsPerIP - 4 {
		stalled = append(stalled, raw(t, st, "POST "+attlog+" HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n1001\t2026"))
	}
	for _, c := range stalled {
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(c); err != nil || strings.Contains(string(answer), " 200 ") {
			t.Errorf("%q, %v", answer, err)
		}
	}
	if len(st.srv.slots) != 0 || len(st.drv.slots) != 0 {
		t.Errorf("%d and %d places are lost", len(st.srv.slots), len(st.drv.slots))
	}
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

func TestOversizedWithoutALengthIsRefused(t *testing.T) {
	st := open(t, Options{})
	req, err := http.NewRequestWithContext(t.Context(), "POST", st.url+attlog, io.LimitReader(endless{}, 8*MaxBody))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultTransport.RoundTrip(req); err == nil { // the server may hang up before all was sent
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("answered %d", resp.StatusCode)
		}
		_ = resp.Body.Close()
	}
	many := "POST " + attlog + " HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-a: bbbbbbbbbbbbbbbb\r\n", 4*maxHeader/20)
	c := raw(t, st, "")
	_, _ = io.WriteString(c, many) // the server may hang up in the middle of it
	if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("too many headers: %d", resp.StatusCode)
		}
		_ = resp.Body.Close()
	}
	if got := st.sink.punches(); got != nil {
		t.Errorf("journalled %q", got)
	}
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

// endless is one punch after another.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], line1)
	}
	return n, nil
}

// TestGarbageIsSurvived sends what no terminal sends: noise, requests with bytes changed, and requests cut anywhere.
func TestGarbageIsSurvived(t *testing.T) {
	st := openWith(t, Options{}, hasty())
	rng := rand.New(rand.NewPCG(1, 2))
	good := "POST " + attlog + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + fmt.Sprint(len(line1)) + "\r\n\r\n" + line1
	for i := range 300 {
		b := []byte(good)
		switch i % 3 {
		case 0:
			b = make([]byte, 1+rng.IntN(600))
			for j := range b {
				b[j] = byte(rng.Uint32())
			}
		case 1:
			for range 1 + rng.IntN(6) {
				b[rng.IntN(len(b)-len(line1))] = byte(rng.Uint32()) // the head alone: a changed punch would be a punch
			}
		case 2:
			b = b[:len(b)-1-rng.IntN(len(b)-1)]
		}
		c, err := net.Dial("tcp", strings.TrimPrefix(st.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(b)
		_ = c.(*net.TCPConn).CloseWrite() // the server may have hung up already
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatalf("%q is never answered and never cut", b)
		}
		_ = c.Close()
	}
	for _, p := range st.sink.punches() {
		if p != "1001 2026-10-05 08:58:11 0 15" {
			t.Errorf("journalled %q", p)
		}
	}
	if code, text := st.ask(t, "POST", attlog, line1); code != 200 || text != "OK: 1" {
		t.Errorf("%d %q", code, text)
	}
}

// TestManyConnections opens more than are allowed from several addresses; a terminal gets through as soon as they go.
func TestManyConnections(t *testing.T) {
	st := openWith(t, Options{}, hasty())
	to := strings.TrimPrefix(st.url, "http://")
	var wg sync.WaitGroup
	for host := range 6 {
		from := &net.TCPAddr{IP: net.IPv4(127, 0, 9, byte(host+1))}
		for range 2 * maxConnsPerIP {
			wg.Go(func() {
				c, err := (&net.Dialer{LocalAddr: from, Timeout: 20 * time.Second}).DialContext(t.Context(), "tcp", to)
				if err != nil {
					return // the backlog is full, or other addresses of the loop are not there
				}
				defer func() { _ = c.Close() }()
				if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
					t.Error(err)
				}
				if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Error("a silent connection is kept for ever")
				}
			})
		}
	}
	wg.Wait()
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

// Stopping does not wait for those who are slow.
func TestStopDoesNotWaitForSlowOnes(t *testing.T) {
	st := openWith(t, Options{}, patience{slot: time.Hour, Times: inbound.Times{Header: time.Hour, Read: time.Hour, Write: time.Hour, Idle: time.Hour, Stop: 50 * time.Millisecond}})
	for range maxUploadsOf + 2 {
		raw(t, st, "POST "+attlog+" HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n1001\t2026")
	}
	done := make(chan struct{})
	go func() { st.stop(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not stop")
	}
}
