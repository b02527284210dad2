package camera

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/icholy/digest"
)

// Limits of a snapshot's answer.
const (
	maxBody      = 8 << 20
	maxHeader    = 64 << 10
	maxRedirects = 3
)

// still is the HTTP side of a camera.
type still struct {
	url            *url.URL
	user, password string
	gate           *gate
	client         *http.Client
}

// transport takes no proxy, keeps no connection between two looks and inflates nothing.
func transport() *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader}
}

// sameHost follows redirects within the camera only; a login must not leave it, nor fall from https to http.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case req.URL.Hostname() != first.Hostname():
		return fmt.Errorf("redirected to another host, %s: not followed", req.URL.Hostname())
	case first.Scheme == "https" && req.URL.Scheme != "https":
		return errors.New("redirected from https to http: not followed")
	case len(via) > maxRedirects:
		return errors.New("redirected in a circle")
	}
	return nil
}

// fetch gets the snapshot. Errors after the camera agreed to send one are errPicture.
func (s *still) fetch(ctx context.Context) ([]byte, error) {
	resp, err := s.get(ctx, s.url, "")
	if err == nil && resp.StatusCode == http.StatusUnauthorized && s.user != "" {
		resp, err = s.login(ctx, resp)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		return body(ctx, resp)
	case http.StatusUnauthorized:
		return nil, refusal(s.user != "")
	}
	return nil, fmt.Errorf("status %.40s", resp.Status)
}

func (s *still) get(ctx context.Context, u *url.URL, login string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, errors.New("address cannot be understood")
	}
	req.Header.Set("User-Agent", "HallPulse")
	if login != "" {
		req.Header.Set("Authorization", login)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, because(ctx, err)
	}
	return resp, nil
}

// login asks again, with the login that the answer refused wants to have.
func (s *still) login(ctx context.Context, refused *http.Response) (*http.Response, error) {
	_ = refused.Body.Close()
	u := refused.Request.URL
	header, err := s.credentials(refused.Header, u)
	if err != nil {
		return nil, err
	}
	return s.get(ctx, u, header)
}

// credentials answers the challenges of RFC 7616 (Digest) or else RFC 7617 (Basic).
func (s *still) credentials(h http.Header, u *url.URL) (string, error) {
	if chal, err := digest.FindChallenge(h); err == nil {
		cred, err := digest.Digest(chal, digest.Options{Method: http.MethodGet, URI: u.RequestURI(), Count: 1,
			Username: s.user, Password: s.password})
		if err != nil {
			return "", fmt.Errorf("%w: %w", errLogin, err)
		}
		return cred.String(), nil
	}
	for _, v := range h.Values("WWW-Authenticate") {
		if scheme, _, _ := strings.Cut(v, " "); strings.EqualFold(scheme, "Basic") {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(s.user+":"+s.password)), nil
		}
	}
	return "", errors.New("status 401 without a way of login that is known")
}

// body reads a bounded body. What was read comes with the error too, for a person to see.
func body(ctx context.Context, resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxBody {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", errPicture, resp.ContentLength, maxBody)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return b, fmt.Errorf("%w: cut after %d bytes: %w", errPicture, len(b), because(ctx, err))
	}
	if len(b) > maxBody {
		return b, fmt.Errorf("%w: more than %d bytes", errPicture, maxBody)
	}
	return b, nil
}

// because takes the address out of an error of net/http, since its query may hold a password, and gives the time limit its
// own words.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
