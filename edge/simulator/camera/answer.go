package camera

import (
	"bytes"
	"crypto/subtle"
	"net/http"
)

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
