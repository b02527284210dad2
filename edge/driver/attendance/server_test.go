package attendance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const line1 = "1001\t2026-10-05 08:58:11\t0\t15\t\t0\t0\n"

const attlog = "/iclock/cdata?SN=" + serial + "&table=ATTLOG&Stamp=9999"

func TestRoutes(t *testing.T) {
	st := open(t, Options{})
	hello := func(path string) {
		t.Helper()
		code, text := st.ask(t, "GET", path, "")
		if code != 200 || !strings.HasPrefix(text, "GET OPTION FROM: "+serial+"\n") {
			t.Errorf("%s: %d %q", path, code, text)
		}
	}
	for _, p := range []string{"/iclock/cdata", "/iclock/cdata.aspx", "/iclock/cdata.php", "/cdata", "/cdata.aspx", "/ICLOCK/CDATA", "//iclock/cdata", "/iclock//cdata/"} {
		hello(p + "?sn=" + serial + "&options=all")
	}
	st.want(t, "GET", "/iclock/ping?SN="+serial, "", 200, "OK")
	st.want(t, "GET", "/iclock/whatever/next?SN="+serial, "", 200, "OK")
	st.want(t, "GET", "/iclock/whatever", "", 200, "OK")
	st.want(t, "GET", "/iclock/", "", 200, "OK")
	st.want(t, "GET", "/", "", 404, "not found")
	st.want(t, "GET", "/favicon.ico", "", 404, "not found")
	st.want(t, "POST", "/iclock/cdata?SN="+serial+"&table=options", "~DeviceName=K40,FingerFunOn=1", 200, "OK")
	st.want(t, "GET", "/iclock/cdata?SN="+serial+"&table=RemoteAtt&PIN=1", "", 200, "OK")
	st.want(t, "POST", "/iclock/cdata?SN="+serial+"&table=BIODATA", "BIODATA Pin=1\tTmp=AAAA\n", 200, "OK: 1")
	st.want(t, "POST", "/iclock/cdata?table=ATTLOG", line1, 503, "try again later")
	st.want(t, "POST", "/iclock/cdata?SN="+strings.Repeat("A", 99)+"&table=ATTLOG", line1, 503, "try again later")
}

func TestHandshake(t *testing.T) {
	st := open(t, Options{})
	_, text := st.ask(t, "GET", "/iclock/cdata?SN="+serial+"&options=all", "")
	for _, line := range []string{"ATTLOGStamp=0", "Stamp=0", "OPERLOGStamp=0", "OpStamp=0", "TimeZone=8", "Realtime=1", "Delay=10", "ErrorDelay=30",
		"TransFlag=TransData AttLog\tOpLog\tEnrollUser\tChgUser", "PushProtVer=2.4.1", "Encrypt=None", "SupportPing=1"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	st.want(t, "POST", "/iclock/cdata?SN="+serial+"&table=ATTLOG&Stamp=82983982", line1, 200, "OK: 1")
	st.want(t, "POST", "/iclock/cdata?SN="+serial+"&table=OPERLOG&OpStamp=77", "", 200, "OK: 0")
	if _, text = st.ask(t, "GET", "/iclock/cdata?SN="+serial, ""); !strings.Contains(text, "\nATTLOGStamp=82983982\n") ||
		!strings.Contains(text, "\nStamp=82983982\n") || !strings.Contains(text, "\nOpStamp=77\n") {
		t.Errorf("stamps not echoed:\n%s", text)
	}
}

func TestBadLinesAreCountedAndSetAside(t *testing.T) {
	st := open(t, Options{})
	body := "1001\t2026-10-05 08:58:11\t0\t15\r\n\r\n1002\t2026-02-31 08:00:00\t0\t1\r\ngarbage\r\n1003 2026-10-05 08:59:00 1 1"
	st.want(t, "POST", attlog, body, 200, "OK: 4")
	if got, want := st.sink.punches(), []string{"1001 2026-10-05 08:58:11 0 15", "1003 2026-10-05 08:59:00 1 1"}; !slices.Equal(sorted(got), want) {
		t.Errorf("got %q", got)
	}
	if len(st.sink.refused) != 2 || !strings.Contains(st.sink.refused[0], "impossible time|1002") {
		t.Errorf("refused %q", st.sink.refused)
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

func TestResentIsAnsweredAndNotJournalled(t *testing.T) {
	st := open(t, Options{})
	st.srv.Remember(Key{Serial: serial, PIN: "seeded", Time: "2026-10-05 08:00:00", Status: 0, Verify: 1})
	body := line1 + line1 + "seeded\t2026-10-05 08:00:00\t0\t1\n1001\t2026-10-05 08:58:11\t1\t15\n"
	for range 3 {
		st.want(t, "POST", attlog, body, 200, "OK: 4")
	}
	if got := sorted(st.sink.punches()); !slices.Equal(got, []string{"1001 2026-10-05 08:58:11 0 15", "1001 2026-10-05 08:58:11 1 15"}) {
		t.Errorf("got %q", got)
	}
	if s := st.drv.Status(); s.Punches != 2 || s.Duplicates != 10 || s.Addr.String() != "127.0.0.1" {
		t.Errorf("status %+v", s)
	}
}

func TestNotJournalledIsNotAcknowledged(t *testing.T) {
	st := open(t, Options{})
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&body, "%d\t2026-10-05 08:58:11\t0\t15\n", i)
	}
	st.sink.setFail(errors.New("disk full"), 300)
	st.want(t, "POST", attlog, body.String(), 503, "try again later")
	st.sink.setFail(nil, 0)
	st.want(t, "POST", attlog, body.String(), 200, "OK: 1000")
	got := sorted(st.sink.punches())
	if n := len(slices.Compact(slices.Clone(got))); len(got) != 1000 || n != 1000 {
		t.Errorf("%d journalled, %d different", len(got), n)
	}
}

func TestTenThousandLines(t *testing.T) {
	st := open(t, Options{})
	var body strings.Builder
	at := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
	for i := range 10_000 {
		fmt.Fprintf(&body, "%d\t%s\t0\t15\t\t0\t0\n", 1000+i%40, at.Add(time.Duration(i)*time.Second).Format(timeLayout))
	}
	for range 2 {
		st.want(t, "POST", attlog, body.String(), 200, "OK: 10000")
	}
	if n := len(st.sink.punches()); n != 10_000 {
		t.Errorf("%d journalled", n)
	}
}

func TestStrangerKeepsItsData(t *testing.T) {
	st := open(t, Options{})
	for i := range maxPending + 5 {
		sn := fmt.Sprintf("OTHER%03d", i)
		if code, text := st.ask(t, "GET", "/iclock/cdata?SN="+sn+"&DeviceType=acc", ""); code != 200 || !strings.HasPrefix(text, "GET OPTION FROM: "+sn) {
			t.Fatalf("%d %q", code, text)
		}
		st.want(t, "POST", "/iclock/cdata?SN="+sn+"&table=ATTLOG", line1, 503, "try again later")
		st.want(t, "GET", "/iclock/getrequest?SN="+sn, "", 200, "OK")
	}
	list := st.srv.Pending()
	if len(list) != maxPending || list[0].Serial != "OTHER005" || list[0].Info != "DeviceType=acc" || list[0].Count != 3 {
		t.Errorf("%d pending, first %+v", len(list), list[0])
	}
	st.srv.Terminal(TerminalOptions{Serial: "OTHER010"})
	if len(st.srv.Pending()) != maxPending-1 {
		t.Error("an approved terminal is still pending")
	}
	if st.sink.punches() != nil {
		t.Error("a stranger's punch was journalled")
	}
	// Approved, but its driver does not run: still kept by the terminal.
	st.want(t, "POST", "/iclock/cdata?SN=OTHER010&table=ATTLOG", line1, 503, "try again later")
}

func TestOperlogIsCountedAlone(t *testing.T) {
	st := open(t, Options{})
	body := "OPLOG 4\t0\t2026-10-05 08:00:00\t1\t0\t0\t0\nUSER PIN=1\tName=\xd5\xc5\xc8\xfd\tPri=0\n\nFP PIN=1\tFID=0\tSize=4\tValid=1\tTMP=SECRET\n"
	st.want(t, "POST", "/iclock/cdata?SN="+serial+"&table=OPERLOG&Stamp=5", body, 200, "OK: 3")
	if s := st.drv.Status(); s.Operations != 1 || s.Users != 1 || s.Dropped != 1 {
		t.Errorf("status %+v", s)
	}
	if len(st.sink.refused) != 0 {
		t.Errorf("kept %q", st.sink.refused)
	}
}

func TestOversizedIsRefused(t *testing.T) {
	st := open(t, Options{})
	st.want(t, "POST", attlog, strings.Repeat("x", MaxBody+1), http.StatusRequestEntityTooLarge, "too large")
	long := raw(t, st, "GET /iclock/ping?SN="+strings.Repeat("x", 2*maxHeader))
	if text, _ := io.ReadAll(long); len(text) > 0 && !bytes.HasPrefix(text, []byte("HTTP/1.1 431 ")) {
		t.Errorf("long request line: %.40q", text)
	}
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

// raw sends bytes on a connection of its own.
func raw(t *testing.T, st *site, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(st.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMalformedIsSurvived(t *testing.T) {
	st := open(t, Options{})
	for _, text := range []string{"\x16\x03\x01\x02\x00\x01\x00", "GET\r\n\r\n", "POST /iclock/cdata HTTP/9.9\r\n\r\n",
		"POST " + attlog + " HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", "\x00\x00\x00\x00\r\n\r\n"} {
		c := raw(t, st, text)
		if _, err := c.(*net.TCPConn).ReadFrom(bytes.NewReader(nil)); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, c) // an answer or none; the connection must end
	}
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

func TestHalfABodyIsNotJournalled(t *testing.T) {
	st := open(t, Options{})
	c := raw(t, st, "POST "+attlog+" HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"+line1)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
		if resp.StatusCode < 400 {
			t.Errorf("half a body was answered with %d", resp.StatusCode)
		}
		_ = resp.Body.Close()
	}
	if st.sink.punches() != nil {
		t.Error("half a body was journalled")
	}
	st.want(t, "POST", attlog, line1, 200, "OK: 1")
}

// FuzzRequest: whatever is sent, the handler answers with a status and journals whole punches only.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{"POST " + attlog + " HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1\t2026-10", "GET /iclock/cdata?SN=" + serial + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /iclock/devicecmd?SN=" + serial + " HTTP/1.0\r\nContent-Length: 24\r\n\r\nID=1&Return=0&CMD=INFO\nx", "GET /?SN=%zz;& HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /iclock/cdata?SN=" + serial + "&table=OPERLOG HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nUSE\r\n0\r\n\r\n"} {
		f.Add([]byte(s))
	}
	srv := NewServer(Options{})
	drv := srv.Terminal(TerminalOptions{Serial: serial})
	out := newSink()
	if err := drv.attach(f.Context(), out); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code < 200 || w.Code >= 300 && w.Code < 400 {
			t.Errorf("answered %d", w.Code)
		}
		for _, p := range out.facts {
			if p.Punch.PIN == "" || p.Punch.At.IsZero() {
				t.Errorf("journalled %+v", p)
			}
		}
		out.facts, out.refused = nil, nil
	})
}
