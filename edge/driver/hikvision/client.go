package hikvision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/icholy/digest"

	"hallpulse/edge/driver"
)

// Paths of ISAPI.
const (
	pathInfo   = "/ISAPI/System/deviceInfo"
	pathTime   = "/ISAPI/System/time"
	pathStream = "/ISAPI/Event/notification/alertStream"
	pathSearch = "/ISAPI/AccessControl/AcsEvent?format=json"
)

// Causes of failed questions.
var (
	errLogin       = errors.New("login refused (401)")
	errUnsupported = errors.New("the device does not answer this question")
)

// client asks one device. Its gate outlives a Run: a locked account must not be asked again by the next one.
type client struct {
	base           *url.URL
	user, password string
	plain          *http.Transport
	now            func() time.Time
	ask            time.Duration

	mu     sync.Mutex
	http   *http.Client
	closed time.Time // no question before
}

// newClient reads the address. Its errors do not repeat it: it may hold a password.
func newClient(o *DeviceOptions, now func() time.Time, ask time.Duration) (*client, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("hikvision: address must be http://host: %w", driver.ErrPermanent)
	case u.User != nil:
		return nil, fmt.Errorf("hikvision: address must not hold user or password: %w", driver.ErrPermanent)
	}
	c := &client{base: u, user: o.Username, password: o.Password, now: now, ask: ask,
		plain: &http.Transport{DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader, ResponseHeaderTimeout: ask}}
	c.anew()
	return c, nil
}

// anew forgets the challenge: trying an old one after a refused login would be another refused login.
func (c *client) anew() {
	c.http = &http.Client{Transport: c.plain, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if c.user != "" {
		c.http.Transport = &digest.Transport{Username: c.user, Password: c.password, Transport: c.plain}
	}
}

// do asks once. The digest transport answers a challenge by itself and repeats a stale one, so a 401 that arrives here is a
// refused login.
func (c *client) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	asks, err := c.shut()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.base.String(), "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("hikvision: %w", err)
	}
	req.Header.Set("User-Agent", "HallPulse")
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := asks.Do(req)
	if err != nil {
		return nil, fmt.Errorf("hikvision: %s: %w", short(path), because(ctx, err))
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	sample, _ := io.ReadAll(io.LimitReader(resp.Body, sampleBytes)) // the status says enough
	_ = resp.Body.Close()
	return nil, fmt.Errorf("hikvision: %s: %w", short(path), c.refused(resp.StatusCode, sample))
}

// shut gives the refused login that still counts, else what asks.
func (c *client) shut() (*http.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if left := c.closed.Sub(c.now()); left > 0 && left <= LoginPause { // a clock that was set back must not shut it for years
		return nil, fmt.Errorf("hikvision: %w; asked again after %v", errLogin, LoginPause)
	}
	return c.http, nil
}

// refused gives the error of a status that is not 200.
func (c *client) refused(code int, sample []byte) error {
	switch code {
	case http.StatusUnauthorized:
		if c.user == "" {
			return errors.New("wants a login (401), none is configured")
		}
		c.mu.Lock()
		c.closed = c.now().Add(LoginPause)
		c.anew()
		c.mu.Unlock()
		return fmt.Errorf("%w; asked again after %v", errLogin, LoginPause)
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return fmt.Errorf("%w: status %d %s", errUnsupported, code, tidy(string(private(sample)), 80))
	}
	return fmt.Errorf("status %d", code)
}

// read asks and reads the whole answer.
func (c *client) read(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.ask, fmt.Errorf("no answer within %v", c.ask))
	defer cancel()
	resp, err := c.do(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("hikvision: %s: %w", short(path), because(ctx, err))
	case len(text) > maxAnswer:
		return nil, fmt.Errorf("hikvision: %s: answer of more than %d bytes", short(path), maxAnswer)
	}
	return text, nil
}

// short names a path for a person.
func short(path string) string { return strings.TrimPrefix(path, "/ISAPI/") }

// because takes the address out of an error of net/http, and gives a time limit its own words.
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
