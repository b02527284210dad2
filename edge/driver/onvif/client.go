package onvif

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"hallpulse/edge/driver"
)

// devicePath is where every camera has its device service (Core clause 5.1.2.1).
const devicePath = "/onvif/device_service"

// client asks one camera. One goroutine uses it at a time.
type client struct {
	base     *url.URL
	login    proof
	gate     *gate
	http     *http.Client
	now      func() time.Time
	offset   time.Duration // the camera's clock minus ours
	device   endpoint
	media    endpoint
	events   endpoint
	answered func() // each answer of the camera; may be nil
}

// address reads the address of a camera; without a path it is that of the device service. Errors do not repeat it.
func address(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("onvif: address cannot be understood: %w", driver.ErrPermanent)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Fragment != "":
		return nil, fmt.Errorf("onvif: address must be http://host: %w", driver.ErrPermanent)
	case u.User != nil:
		return nil, fmt.Errorf("onvif: address must not hold user or password: %w", driver.ErrPermanent)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = devicePath
	}
	return u, nil
}

func newClient(base *url.URL, user, password string, g *gate, now func() time.Time) *client {
	return &client{base: base, login: proof{user: user, password: password}, gate: g, now: now, device: endpoint{url: base.String()},
		http: &http.Client{
			Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
}

// within gives an address of the camera's as it is reached from here: host and port are those that were configured.
func (c *client) within(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%w: address %q", ErrAnswer, clip(raw))
	}
	u.Scheme, u.Host, u.User, u.Fragment = c.base.Scheme, c.base.Host, nil, ""
	return u.String(), nil
}

// call is one question.
type call struct {
	to     endpoint
	action string
	body   string
	open   bool // without a login
	limit  time.Duration
}

// ask asks with the login and reads the answer into v. A login that is refused because the camera's clock was set meanwhile is
// tried once more.
func (c *client) ask(ctx context.Context, q call, v any) error {
	if err := c.gate.shut(c.now()); err != nil && !q.open {
		return err
	}
	err := c.once(ctx, q, v)
	if errors.Is(err, ErrLogin) && !q.open && ctx.Err() == nil {
		was := c.offset
		if c.clock(ctx) == nil && (c.offset-was).Abs() > clockStep {
			err = c.once(ctx, q, v)
		}
	}
	if !q.open {
		err = c.gate.note(err, c.now())
	}
	return err
}

func (c *client) once(ctx context.Context, q call, v any) error {
	if q.limit <= 0 {
		q.limit = askTime
	}
	ctx, cancel := context.WithTimeoutCause(ctx, q.limit, fmt.Errorf("no answer within %v", q.limit))
	defer cancel()
	u, err := url.Parse(q.to.url)
	if err != nil {
		return fmt.Errorf("%w: address", ErrAnswer)
	}
	for try := 0; ; try++ {
		status, head, text, err := c.post(ctx, u, q)
		if err != nil {
			return err
		}
		if status == http.StatusUnauthorized && !q.open && try == 0 && c.login.learn(head) {
			continue
		}
		return c.read(q, status, text, v)
	}
}

// read judges an answer.
func (c *client) read(q call, status int, text []byte, v any) error {
	err := decode(text, v)
	var f *Fault
	switch isFault := errors.As(err, &f); {
	case isFault && f.Code == "NotAuthorized", status == http.StatusUnauthorized || status == http.StatusForbidden:
		return c.refused(q)
	case isFault:
		c.heard()
		return err
	case status/100 != 2:
		return fmt.Errorf("%w: status %d", ErrAnswer, status)
	case err == nil:
		c.heard()
	default:
		return &unread{err, sample(text)}
	}
	return nil
}

func (c *client) heard() {
	if c.answered != nil {
		c.answered()
	}
}

// refused says in plain words that a login was not taken. Without one nothing can be locked.
func (c *client) refused(q call) error {
	if q.open || c.login.user == "" {
		return errors.New("wants a login, none is configured")
	}
	return ErrLogin
}

// unread is an answer that cannot be understood, with the beginning of it.
type unread struct {
	error
	raw []byte
}

func (u *unread) Unwrap() error { return u.error }

func sample(b []byte) []byte { return b[:min(len(b), sampleBytes)] }

// post sends one request and reads a bounded answer.
func (c *client) post(ctx context.Context, u *url.URL, q call) (status int, head http.Header, text []byte, err error) {
	security := ""
	if !q.open && c.login.user != "" {
		security = token(c.login.user, c.login.password, c.now().Add(c.offset))
	}
	body := envelope(security, q.action, q.to, q.body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, errors.New("address cannot be understood")
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	req.Header.Set("User-Agent", "HallPulse")
	if !q.open {
		proof, err := c.login.header(u, body)
		if err != nil {
			return 0, nil, nil, err
		}
		if proof != "" {
			req.Header.Set("Authorization", proof)
		}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, because(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, nil, &cut{because(ctx, err)}
	}
	if len(text) > maxAnswer {
		return 0, nil, nil, &unread{fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxAnswer), sample(text)}
	}
	return resp.StatusCode, resp.Header, text, nil
}

// cut is a connection that ended before its answer, as cameras do that have nothing to tell.
type cut struct{ error }

func (c *cut) Unwrap() error { return c.error }

// because takes the address out of an error of net/http and gives time limits their own words.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	var op *net.OpError
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) && op.Op == "read" {
		return &cut{err}
	}
	return err
}
