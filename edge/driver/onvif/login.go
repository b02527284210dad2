package onvif

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/icholy/digest"
)

// nonceBytes of a username token.
const nonceBytes = 16

// passwordDigest is Base64(SHA1(nonce ‖ created ‖ password)) (WS-Security UsernameToken Profile 1.0, line 244).
func passwordDigest(nonce []byte, created, password string) string {
	h := sha1.New() // as the protocol has it
	h.Write(nonce)
	h.Write([]byte(created + password))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// token writes the header of a login at a camera whose clock shows at.
func token(user, password string, at time.Time) string {
	nonce := make([]byte, nonceBytes)
	_, _ = rand.Read(nonce) // it never fails
	created := at.UTC().Format("2006-01-02T15:04:05.000Z")
	return fmt.Sprintf(`<Security s:mustUnderstand="1" xmlns="%s"><UsernameToken><Username>%s</Username>`+
		`<Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">%s</Password>`+
		`<Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">%s</Nonce>`+
		`<Created xmlns="%s">%s</Created></UsernameToken></Security>`,
		nsWSSE, escape(user), passwordDigest(nonce, created, password), base64.StdEncoding.EncodeToString(nonce), nsWSU, created)
}

// proof answers the Digest challenges of one camera (RFC 7616). The challenge is kept, so that not every question is asked twice.
type proof struct {
	user, password string
	challenge      *digest.Challenge
	count          int
}

// learn takes the challenge of a 401; ok is false when there is none that can be answered.
func (p *proof) learn(h http.Header) bool {
	c, err := digest.FindChallenge(h)
	if err != nil || p.user == "" {
		return false
	}
	p.challenge, p.count = c, 0
	return true
}

// header gives the Authorization of a request, empty while no challenge is known.
func (p *proof) header(u *url.URL, body []byte) (string, error) {
	if p.challenge == nil {
		return "", nil
	}
	p.count++
	c, err := digest.Digest(p.challenge, digest.Options{Method: http.MethodPost, URI: u.RequestURI(), Count: p.count, Username: p.user, Password: p.password,
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }})
	if err != nil {
		p.challenge = nil
		return "", fmt.Errorf("%w: %w", ErrLogin, err)
	}
	return c.String(), nil
}

// gate keeps a camera from being asked while its account may get locked. It outlives a Run.
type gate struct {
	until time.Time
	err   error
}

func (g *gate) shut(now time.Time) error {
	if g.err != nil && now.Before(g.until) {
		return g.err
	}
	return nil
}

func (g *gate) note(err error, now time.Time) error {
	g.err = nil
	if errors.Is(err, ErrLogin) {
		g.err, g.until = fmt.Errorf("%w; tried again every %v", err, LoginPause), now.Add(LoginPause)
		return g.err
	}
	return err
}
