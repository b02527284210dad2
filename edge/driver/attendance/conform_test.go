package attendance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
)

// rig is a server that can be switched off, and a terminal that posts by hand.
type rig struct {
	t    *testing.T
	srv  *Server
	drv  *Terminal
	n    int
	stop func()
}

func TestConformance(t *testing.T) {
	drivertest.Run(t, drivertest.Setup{New: func(t *testing.T) *drivertest.Rig {
		x := &rig{t: t, srv: NewServer(Options{Addr: "127.0.0.1:0"}), stop: func() {}}
		x.drv = x.srv.Terminal(TerminalOptions{Serial: serial})
		t.Cleanup(func() { x.stop() })
		return &drivertest.Rig{Driver: x.drv, Plug: x.plug, Event: func() error { return x.post(x.next()) }, Half: x.half,
			Babble: func() (int, error) { text := strings.Repeat("?\t?\n", 50); return len(text), x.post(text) }}
	}})
}

func (x *rig) plug(in bool) error {
	x.stop()
	x.stop = func() {}
	if !in {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := x.srv.Run(ctx); err != nil {
			x.t.Errorf("server: %v", err)
		}
	})
	x.stop = func() { cancel(); wg.Wait() }
	poll(x.t, x.srv.gate.Open)
	return nil
}

func (x *rig) next() string {
	x.n++
	return fmt.Sprintf("%d\t2026-10-05 08:58:11\t0\t15\t\t0\t0\n", 1000+x.n)
}

// post posts in the background: the suite holds facts back.
func (x *rig) post(text string) error {
	req, err := http.NewRequest(http.MethodPost, "http://"+x.srv.Addr().String()+attlog, strings.NewReader(text))
	if err != nil {
		return err
	}
	go func() {
		if resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	return nil
}

func (x *rig) half() (func() error, error) {
	c, err := net.Dial("tcp", x.srv.Addr().String())
	if err != nil {
		return nil, err
	}
	text := x.next()
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", attlog, len(text), text[:len(text)/2])
	return func() error {
		_, err := c.Write([]byte(text[len(text)/2:]))
		return errors.Join(err, c.Close())
	}, err
}

// mutate spoils a body in one to four places.
func mutate(rnd *rand.Rand, frame []byte) []byte {
	p := bytes.Clone(frame)
	for range 1 + rnd.IntN(4) {
		if len(p) == 0 {
			return p
		}
		i := rnd.IntN(len(p))
		switch rnd.IntN(5) {
		case 0:
			p[i] ^= 1 << rnd.IntN(8)
		case 1:
			p[i] = "\t\n \x00\xff09-="[rnd.IntN(9)]
		case 2:
			p = append(p[:i], p[min(len(p), i+1+rnd.IntN(20)):]...)
		case 3:
			end := min(len(p), i+1+rnd.IntN(20))
			p = append(p[:end:end], p[i:]...)
		case 4:
			p = p[:i]
		}
	}
	return p
}

// deaf is a sink that keeps nothing but numbers.
type deaf struct {
	drivertest.Sink
	refused int
}

func (s *deaf) Refused(string, []byte) { s.refused++ }

// TestMutations posts spoiled bodies: nothing breaks, memory stays bounded, what is refused is counted, every body is answered
// in a way that ends it, and a good one after them is understood.
func TestMutations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	srv := NewServer(Options{})
	drv := srv.Terminal(TerminalOptions{Serial: serial})
	out := &deaf{}
	if err := drv.attach(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	post := func(path string, body []byte) (int, string) {
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
		return w.Code, w.Body.String()
	}
	oper := "/iclock/cdata?SN=" + serial + "&table=OPERLOG&Stamp=1"
	golden := []struct{ path, body string }{
		{attlog, line1 + "1002\t2026-10-05 08:58:40\t255\t4\t0\t0\t0\n"},
		{oper, captured + "\nUSER PIN=1\tName=\xd5\xc5\tPri=0\nOPLOG 3\t0\t2026-10-05 08:00:00\t0\t55\t0\t0\n"},
		{"/iclock/devicecmd?SN=" + serial, "ID=1&Return=0&CMD=INFO\n~DeviceName=K40\n"},
	}
	for i := range n {
		g := golden[i%len(golden)]
		if code, text := post(g.path, mutate(rnd, []byte(g.body))); code != http.StatusOK || !strings.HasPrefix(text, "OK") {
			t.Fatalf("answered %d %q: it would come again for ever", code, text)
		}
		if i%16 == 0 {
			_, _ = ParseInfo(string(mutate(rnd, []byte("Ver 2.0.33S,12,34,1560,192.168.1.201,10,7,12,12,111"))))
		}
		if i%1000 == 0 { // a command for the answers
			if _, err := srv.Command(serial, "INFO"); err != nil && len(drv.commands.queue) < maxQueue {
				t.Fatal(err)
			}
		}
	}
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	s := drv.Status()
	if s.Refused == 0 || s.Punches == 0 || out.refused != s.Refused || len(drv.pins) > maxPINs || len(drv.commands.results) > maxResults || mem.HeapAlloc > 256<<20 {
		t.Errorf("%+v, %d refused, %d bytes", s, out.refused, mem.HeapAlloc)
	}
	if code, text := post(attlog, []byte("after\t2026-10-05 08:58:11\t0\t15\n")); code != http.StatusOK || text != "OK: 1" || drv.Status().Punches != s.Punches+1 {
		t.Errorf("a good line after them: %d %q", code, text)
	}
}

// FuzzOperlog: any line gives an operation or an error, and nothing of a user but a number.
func FuzzOperlog(f *testing.F) {
	for _, s := range []string{captured, "OPLOG 3\t0\t2026-10-05 08:00:00\t0\t55\t0\t0", "USER PIN=1\tName=\xd5\xc5\tPri=0", "USER PIN=", "OPLOG "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if o, err := ParseOperation(line, cst); err == nil {
			_, _ = o.alarm()
			var n Operations
			n.note(&o)
			for _, x := range o.Objects {
				if len(x) > maxObject {
					t.Errorf("%+v", o)
				}
			}
		}
		if pin, ok := userPIN(line); ok && (pin == "" || len(pin) > maxPIN) {
			t.Errorf("number %q", pin)
		}
	})
}

// FuzzInfo: any text gives an Info or none.
func FuzzInfo(f *testing.F) {
	f.Add("Ver 2.0.33S,12,34,1560,192.168.1.201,10,7,12,12,111")
	f.Add(",,,,")
	f.Add(strings.Repeat("\xe4", 22) + ",,,")
	f.Fuzz(func(t *testing.T, s string) {
		if i, ok := ParseInfo(s); ok && (len(i.Firmware) > 64 || i.Users < -1) {
			t.Errorf("%+v", i)
		}
	})
}

// FuzzResult: any body of results leaves the commands bounded.
func FuzzResult(f *testing.F) {
	f.Add([]byte("ID=1&Return=0&CMD=INFO\n~DeviceName=K40\n"))
	f.Add([]byte("ID=1&Return=0&CMD=VERIFY SUM&AttlogSum=12"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &commands{}
		c.add("INFO")
		c.answer(body, time.Unix(0, 0))
		if len(c.results) > 1 || len(c.results[0].Text) > 2*maxResultText || c.results[0].Sum < 0 {
			t.Errorf("%+v", c.results)
		}
	})
}
