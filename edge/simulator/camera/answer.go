package camera

import (
	"bytes"
	"crypto/subtle"
	"net/http"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
)

// stream answers RTSP; gortsplib answers OPTIONS itself.
type stream struct{ c *Camera }

var _ gortsplib.ServerHandlerOnDescribe = stream{}

// OnDescribe gives the description of the stream.
func (s stream) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if s.c.o.Username != "" && !ctx.Conn.VerifyCredentials(ctx.Request, s.c.o.Username, s.c.o.Password) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	if ctx.Path != rtspPath {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	sdp, err := describe()
	if err != nil {
		return &base.Response{StatusCode: base.StatusInternalServerError}, nil, err
	}
	return &base.Response{StatusCode: base.StatusOK, Body: sdp}, nil, nil
}

// describe gives the SDP of a camera with one H.264 stream.
func describe() ([]byte, error) {
	d := &description.Session{Title: "IP camera", Medias: []*description.Media{{
		Type: description.MediaTypeVideo,
		Formats: []format.Format{&format.H264{PayloadTyp: 96, PacketizationMode: 1,
			SPS: []byte{0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x47, 0xFE, 0x88},
			PPS: []byte{0x68, 0xCE, 0x3C, 0x80}}},
	}}}
	return d.Marshal()
}

// still answers HTTP.
type still struct{ c *Camera }

// loginPage is what cameras answer where they have no picture.
const loginPage = "<html><head><title>Web service</title></head><body><form action=\"/login\"></form></body></html>\n"

// ServeHTTP answers with the snapshot.
func (s still) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != snapshotPath {
		http.NotFound(w, r)
		return
	}
	if !s.allowed(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="IP camera"`)
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	body, err := s.c.snapshot()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg") // cameras say so whatever they send
	_, _ = w.Write(body)                         // a client that went away needs no picture
}

func (s still) allowed(r *http.Request) bool {
	if s.c.o.Username == "" {
		return true
	}
	user, password, _ := r.BasicAuth()
	return subtle.ConstantTimeCompare([]byte(user+"\n"+password), []byte(s.c.o.Username+"\n"+s.c.o.Password)) == 1
}

// snapshot gives the body of a snapshot: one picture is made for each request, none in between.
func (c *Camera) snapshot() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.notJPEG:
		return []byte(loginPage), nil
	case c.frozen != nil:
		return c.frozen, nil
	}
	var b bytes.Buffer
	if err := c.scene.encode(&b, c.picture); err != nil {
		return nil, err
	}
	if c.picture == Frozen {
		c.frozen = b.Bytes()
	}
	return b.Bytes(), nil
}
