package camera

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// script answers RTSP requests: one answer for OPTIONS, another for DESCRIBE. CSeq is added.
func script(describe string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for method, cseq := "", ""; ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			switch {
			case strings.HasSuffix(line, "RTSP/1.0\r\n"):
				method, _, _ = strings.Cut(line, " ")
			case strings.HasPrefix(line, "CSeq:"):
				cseq = line
			case line == "\r\n":
				answer := "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE\r\n\r\n"
				if method == "DESCRIBE" {
					answer = describe
				}
				_, _ = fmt.Fprint(c, strings.Replace(answer, "CSeq: 1\r\n", cseq, 1))
			}
		}
	}
}

// sdp gives an answer to DESCRIBE.
func sdp(body string) string {
	return fmt.Sprintf("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

const audioOnly = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=0\r\n"

// TestNotRTSP: whatever answers on the port, the reason is named within the time limit.
func TestNotRTSP(t *testing.T) {
	tests := map[string]struct {
		f    func(net.Conn)
		want string
	}{
		"web server": {func(c net.Conn) {
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request")
		}, `not an RTSP server: it says "HTTP/1.1"`},
		"web server that stays": {func(c net.Conn) { _, _ = fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); hang(c) }, "not an RTSP server"},
		"closes":                {func(c net.Conn) { _, _ = bufio.NewReader(c).ReadString('\n') }, "clos"},
		"hangs":                 {hang, "no answer within 1s"},
		"not found":             {script("RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n"), "status 404 Not Found"},
		"no description":        {script("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"), "Content-Type"},
		"bad description":       {script(sdp("x=y")), "SDP"},
		"no video":              {script(sdp(audioOnly)), "no video"},
		"huge description":      {script("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: 999999999\r\n\r\n"), "Content-Length"},
		"hangs at describe":     {script(""), "no answer within 1s"},
		"redirects away":        {script("RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: rtsp://localhost:1/x\r\n\r\n"), "another host, localhost: not followed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{RTSP: "rtsp://" + answer(t, tt.f) + "/live", Username: "admin", Password: secret, Interval: time.Second}
			err := glance(t, eyeOf(t, o), newSink())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestRedirectCircle: gortsplib would go on for ever.
func TestRedirectCircle(t *testing.T) {
	var address string
	var dials atomic.Int32
	address = answer(t, func(c net.Conn) {
		dials.Add(1)
		script("RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: rtsp://" + c.LocalAddr().String() + "/live\r\n\r\n")(c)
	})
	o := Options{RTSP: "rtsp://" + address + "/live", Interval: longestAsk}
	if err := glance(t, eyeOf(t, o), newSink()); err == nil || !strings.Contains(err.Error(), "in a circle") {
		t.Errorf("error %v", err)
	}
	if n := dials.Load(); n > maxDials {
		t.Errorf("%d connections", n)
	}
}
