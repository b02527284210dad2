package mqttdevice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"hallpulse/edge/driver"
)

var _ driver.Broker = (*Client)(nil)

// Times of the connection.
const (
	keepAlive   = 15 * time.Second
	pingTimeout = 5 * time.Second
	dialTimeout = 5 * time.Second
	firstWait   = 6 * time.Second // a device waits so long for a connection that is being made
	minRetry    = 500 * time.Millisecond
	maxRetry    = 15 * time.Second
)

// ErrNotConnected says that there is no connection to the broker now.
var ErrNotConnected = errors.New("no connection to the broker")

// ClientOptions of a connection. Address and ClientID are required.
type ClientOptions struct {
	Address  string // mqtt://host:port or mqtts://host:port
	ClientID string // nobody else's: a broker has one connection for each
	Username string // empty: none
	Password string
	TLS      *tls.Config  // of mqtts; nil: the system's authorities
	Logger   *slog.Logger // nil: none

	retry     time.Duration // 0: minRetry
	keepAlive time.Duration // 0: keepAlive
}

// Client is one connection to the hall's broker, shared by every device on it. It connects again by itself; a subscription
// ends with the connection it was made on. A broker sends what it retains to the whole connection whenever a device
// subscribes: a device that has heard of a topic already is spared it.
type Client struct {
	o ClientOptions

	mu      sync.Mutex
	session *session      // nil: not connected
	last    error         // why there is none; nil: the first is being made
	changed chan struct{} // closed when session or last change
}

// NewClient prepares a connection; it opens nothing.
func NewClient(o ClientOptions) *Client {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.retry <= 0 {
		o.retry = minRetry
	}
	if o.keepAlive <= 0 {
		o.keepAlive = keepAlive
	}
	return &Client{o: o, changed: make(chan struct{})}
}

// server gives the address as the MQTT library spells it.
func (o ClientOptions) server() (string, error) {
	u, err := url.Parse(o.Address)
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("not the address of a broker: %w", driver.ErrPermanent)
	}
	scheme, port := "tcp://", "1883"
	switch u.Scheme {
	case "mqtt":
	case "mqtts":
		scheme, port = "ssl://", "8883"
	default:
		return "", fmt.Errorf("neither mqtt:// nor mqtts://: %w", driver.ErrPermanent)
	}
	if u.Port() == "" {
		return scheme + u.Host + ":" + port, nil
	}
	return scheme + u.Host, nil
}

// Run keeps the connection until ctx ends.
func (c *Client) Run(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		err := c.once(ctx, n)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > maxRetry {
			n = 0 // it had lasted
		}
		c.set(nil, err) // devices are told so at once, also while a broker that is away is tried again
		pause := min(c.o.retry<<min(n, 8), maxRetry)
		wait := time.NewTimer(pause/2 + rand.N(pause/2+1))
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
	}
	c.set(nil, fmt.Errorf("mqttdevice: %w: the connection was ended", ErrNotConnected))
}

// once connects and waits for the end of the connection.
func (c *Client) once(ctx context.Context, n int) error {
	s, err := c.dial(ctx)
	if err != nil {
		if n == 0 {
			c.o.Logger.Warn("mqttdevice: the hall's broker cannot be reached", "address", c.o.Address, "err", err)
		}
		return fmt.Errorf("mqttdevice: %w: %w", ErrNotConnected, err)
	}
	defer s.close()
	c.o.Logger.Info("mqttdevice: connected", "address", c.o.Address)
	c.set(s, nil)
	select {
	case <-ctx.Done():
		s.end(fmt.Errorf("mqttdevice: %w: the connection was ended", ErrNotConnected))
		return nil
	case <-s.gone:
	}
	c.o.Logger.Warn("mqttdevice: connection lost", "address", c.o.Address, "err", s.why())
	return s.why()
}

// set notes the state and wakes who waits for it.
func (c *Client) set(s *session, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session, c.last = s, err
	close(c.changed)
	c.changed = make(chan struct{})
}

// current gives the connection. One that is being made for the first time is waited for.
func (c *Client) current(ctx context.Context) (*session, error) {
	late := time.NewTimer(firstWait)
	defer late.Stop()
	for {
		c.mu.Lock()
		s, last, changed := c.session, c.last, c.changed
		c.mu.Unlock()
		switch {
		case s != nil:
			return s, nil
		case last != nil:
			return nil, last
		}
		select {
		case <-changed:
		case <-late.C:
			return nil, fmt.Errorf("mqttdevice: %w: it is still being made", ErrNotConnected)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Connected says whether there is a connection now.
func (c *Client) Connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session != nil
}

// Subscribe gives every message of the filters to handle, in order and from the goroutine of this call, until ctx ends (nil)
// or the connection is lost (the error, which has ErrNotConnected in it). A handler that is so slow that messages would be
// lost ends its own subscription with ErrSlow and harms no other.
func (c *Client) Subscribe(ctx context.Context, filters []string, connected func(), handle func(driver.Message)) error {
	s, err := c.current(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	sub := newSubscription(filters)
	s.add(sub)
	defer s.remove(sub)
	if err := s.subscribe(ctx, filters); err != nil {
		return ended(ctx, err)
	}
	if connected != nil {
		connected()
	}
	return ended(ctx, sub.play(ctx, s, handle))
}

// Publish gives a message to the broker and waits until it has taken it (QoS 1).
func (c *Client) Publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	s, err := c.current(ctx)
	if err != nil {
		return err
	}
	return s.publish(ctx, topic, payload, retain)
}

// ended makes the end that was asked for no error.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
