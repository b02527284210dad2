package camera

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// serve runs a web server for the time of the test.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// fetchFrom looks at a snapshot address only.
func fetchFrom(t *testing.T, address string, out *sink) error {
	t.Helper()
	return glance(t, eyeOf(t, Options{Snapshot: address, Username: "admin", Password: secret, Interval: time.Second}), out)
}

// TestBrokenPictures: an answer that is no picture is read_failed, with the reason, and is not held in memory.
func TestBrokenPictures(t *testing.T) {
	good := asJPEG(t, draw(640, 360, 80))
	tests := map[string]struct {
		h    http.HandlerFunc
		want string
	}{
		"half body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)))
			_, _ = w.Write(good[:len(good)/2])
		}, "cut after"},
		"half a picture": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good[:len(good)/2]) }, "short Huffman data"},
		"no body":        {func(http.ResponseWriter, *http.Request) {}, "empty"},
		"huge body, said": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9000000000")
			_, _ = w.Write(good)
		}, "9000000000 bytes"},
		"huge body, unsaid": {func(w http.ResponseWriter, _ *http.Request) {
			for b := make([]byte, 1<<20); ; {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		}, "more than 8388608 bytes"},
		"dimension bomb": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(frameHeader(markerSOF0, 65535, 65535, 3))
		}, "too many"},
		"body without end": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(good[:100])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "no answer within 1s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := newSink()
			if err := fetchFrom(t, serve(t, tt.h).URL, out); err != nil {
				t.Fatal(err)
			}
			if out.why().Code != "read_failed" || !strings.Contains(out.why().Detail, tt.want) || len(out.Heard().Refusals) != 1 {
				t.Errorf("%+v, refused %q, want %q", out.why(), out.Heard().Refusals, tt.want)
			}
			if isJPEG(out.raw()) {
				t.Error("a part of a picture is kept")
			}
		})
	}
}

// TestRedirects: a login never leaves the camera.
func TestRedirects(t *testing.T) {
	good := asJPEG(t, draw(640, 360, 80))
	var left []string
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) { left = append(left, r.Header.Get("Authorization")) })
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		switch {
		case r.URL.Path == "/away":
			http.Redirect(w, r, other+"/x.jpg?pwd="+secret, http.StatusFound)
		case r.URL.Path == "/circle":
			http.Redirect(w, r, "/circle", http.StatusFound)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/new", http.StatusFound)
		case password != secret:
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			_, _ = w.Write(good)
		}
	})
	for path, want := range map[string]string{"/away": "another host, localhost: not followed", "/circle": "in a circle"} {
		err := fetchFrom(t, s.URL+path, newSink())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	if len(left) > 0 {
		t.Errorf("another host was asked, with %q", left)
	}
	if err := fetchFrom(t, s.URL+"/moved", newSink()); err != nil {
		t.Errorf("within the camera: %v", err)
	}
}

// TestStatus: any other answer is named.
func TestStatus(t *testing.T) {
	for status, want := range map[int]string{403: "status 403 Forbidden", 404: "status 404 Not Found", 503: "status 503", 204: "status 204", 401: "without a way of login"} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if err := fetchFrom(t, s.URL, newSink()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: error %v, want %q", status, err, want)
		}
	}
	mute := func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = io.WriteString(c, "SSH-2.0-x\r\n")
	}
	if err := fetchFrom(t, "http://"+answer(t, mute), newSink()); err == nil || !strings.Contains(err.Error(), "malformed HTTP") {
		t.Errorf("not a web server: error %v", err)
	}
}

var field = regexp.MustCompile(`(\w+)="?([^",]*)"?`)

// digestOK checks an answer to a digest challenge by RFC 2617 §3.2.2.1, written anew so that it shares nothing with the driver.
func digestOK(r *http.Request, password string) bool {
	f := map[string]string{}
	for _, m := range field.FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
		f[m[1]] = m[2]
	}
	h := func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) }
	ha1, ha2 := h("admin:"+f["realm"]+":"+password), h("GET:"+r.URL.RequestURI())
	want := h(ha1 + ":" + f["nonce"] + ":" + ha2)
	if f["qop"] == "auth" {
		want = h(ha1 + ":" + f["nonce"] + ":" + f["nc"] + ":" + f["cnonce"] + ":auth:" + ha2)
	}
	return f["nonce"] == "n0nce" && f["uri"] == r.URL.RequestURI() && f["response"] == want
}

// TestDigest: both forms of digest work, and the password is not sent where digest is offered beside Basic.
func TestDigest(t *testing.T) {
	good := asJPEG(t, draw(640, 360, 80))
	for _, qop := range []string{"", `, qop="auth"`, `, qop="auth, auth-int", algorithm=MD5`} {
		password := secret
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.Header.Get("Authorization"), "Basic") {
				t.Error("the password was sent in the clear")
			}
			if !digestOK(r, password) {
				w.Header().Add("WWW-Authenticate", `Basic realm="DS-2CD"`)
				w.Header().Add("WWW-Authenticate", `Digest realm="DS-2CD", nonce="n0nce"`+qop)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			_, _ = w.Write(good)
		})
		if err := fetchFrom(t, s.URL+"/picture?channel=101", newSink()); err != nil {
			t.Errorf("%q: %v", qop, err)
		}
		password = "changed"
		if err := fetchFrom(t, s.URL+"/picture?channel=101", newSink()); err == nil || !strings.Contains(err.Error(), "login refused (401)") {
			t.Errorf("%q: error %v with the wrong password", qop, err)
		}
	}
}
