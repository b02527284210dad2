// Package broker is the hub's own MQTT broker: mochi-mqtt behind one hook that denies by default. A gateway connects as
// its hall, with its hall's credential; it may publish what its hall says and hear its own acks, nothing else. What it
// publishes is handed on in-process and is neither kept nor sent to anybody, since nobody else may subscribe. A PUBACK
// proves nothing to a gateway: only the ack of the hub does.
package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// Limits of connections.
const (
	DefaultClients = 2048             // gateways at once
	waiting        = 128              // connections that have not yet said who they are, beyond the gateways
	connectTime    = 10 * time.Second // to say it
	maxKeepalive   = 90               // seconds; a gateway says something every five
	packetSlack    = 1 << 10          // bytes of a packet beside the message
	maxUnacked     = 256              // acks sent to a gateway and not confirmed by it
)

// Credentials checks the credential of a hall. An unknown hall is false, not an error.
type Credentials interface {
	CheckGateway(ctx context.Context, id hall.HallID, credential string) (bool, error)
}

// Receiver takes what gateways say. It must not block. what is a wire.What constant, sub the lane or section. When the
// connection of a hall ends and no other took its place, it gets a wire.WhatWill that says so. A message that is not
// accepted is dropped: gateways send logs again until they are acknowledged. The payload is the receiver's.
type Receiver interface {
	Receive(id hall.HallID, what, sub string, payload []byte) (accepted bool)
}

// Refusals is told what was turned away, about once a second.
type Refusals interface {
	NoteRefusals(ctx context.Context, list []Refusal) error
}

// Options of a broker.
type Options struct {
	Listen      string // host:port; empty: 127.0.0.1:0
	CertFile    string // with KeyFile: TLS
	KeyFile     string
	MaxClients  int // 0: DefaultClients
	Credentials Credentials
	Receiver    Receiver
	Refusals    Refusals         // nil: they are only counted
	Logger      *slog.Logger     // nil: none
	Now         func() time.Time // nil: time.Now

	report time.Duration // between reports of refusals; 0: reportEvery
}

// Stats counts since the start.
type Stats struct {
	Connected int    // gateways now
	Received  uint64 // messages
	Dropped   uint64 // messages the receiver did not accept
	Refused   uint64 // connections, publishes and subscriptions
	AckFailed uint64 // acks that could not be handed to the broker
}

// Broker is a running broker.
type Broker struct {
	o        Options
	server   *mqtt.Server
	listener *listener
	hook     *hook
	refused  *refusals

	ackFailed atomic.Uint64
	stop      sync.Once
}

// Start opens the listener and serves until Stop. ctx limits the start alone.
func Start(ctx context.Context, o Options) (*Broker, error) {
	if o.Credentials == nil || o.Receiver == nil {
		return nil, errors.New("broker: Credentials and Receiver are needed")
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.MaxClients <= 0 {
		o.MaxClients = DefaultClients
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.report <= 0 {
		o.report = reportEvery
	}
	ln, err := listen(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b := &Broker{o: o, refused: newRefusals(o)}
	b.hook = newHook(o, b.refused)
	b.listener = newListener(ln, o.MaxClients+waiting, b.refused, o.Logger)
	if err := b.serve(); err != nil {
		return nil, errors.Join(fmt.Errorf("broker: %w", err), ln.Close())
	}
	go b.refused.run()
	o.Logger.Info("broker: listening", "address", b.Addr(), "tls", o.CertFile != "")
	return b, nil
}

func listen(ctx context.Context, o Options) (net.Listener, error) {
	var lc net.ListenConfig
	if o.CertFile == "" && o.KeyFile == "" {
		return lc.Listen(ctx, "tcp", o.Listen)
	}
	cert, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
	if err != nil {
		return nil, err
	}
	ln, err := lc.Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}), nil
}

func (b *Broker) serve() error {
	caps := mqtt.NewDefaultServerCapabilities()
	caps.MaximumClients = int64(b.o.MaxClients)
	caps.MaximumPacketSize = wire.MaxMessage + packetSlack
	caps.MaximumClientWritesPending = maxUnacked
	caps.MaximumInflight = maxUnacked
	caps.MaximumSessionExpiryInterval = 0
	caps.MaximumQos = 1
	caps.RetainAvailable = 1 // gateways publish retained for brokers of others; here nothing is kept
	caps.SharedSubAvailable = 0
	caps.WildcardSubAvailable = 0
	caps.TopicAliasMaximum = 0
	b.server = mqtt.New(&mqtt.Options{
		Capabilities: caps,
		InlineClient: true,
		// mochi logs whole packets, so passwords too; the hook logs what matters.
		Logger:                 slog.New(slog.DiscardHandler),
		SysTopicResendInterval: math.MaxInt32, // nobody may read them
	})
	if err := b.server.AddHook(b.hook, nil); err != nil {
		return err
	}
	if err := b.server.AddListener(b.listener); err != nil {
		return err
	}
	return b.server.Serve()
}

// Addr is where the broker listens.
func (b *Broker) Addr() string { return b.listener.Address() }

// Stop ends every connection and waits for them. It may be called more than once.
func (b *Broker) Stop() error {
	var err error
	b.stop.Do(func() {
		err = b.server.Close()
		b.listener.wait()
		b.refused.close()
	})
	if err != nil {
		return fmt.Errorf("broker: stop: %w", err)
	}
	return nil
}

// Ack sends an ack to a hall. A hall that is not connected misses it, and learns where it is when it connects.
func (b *Broker) Ack(id hall.HallID, a wire.Ack) {
	payload, err := wire.EncodeAck(a)
	if err == nil {
		err = b.server.Publish(wire.TopicAck(id), payload, false, 1)
	}
	if err != nil {
		b.ackFailed.Add(1)
		b.o.Logger.Warn("broker: ack", "hall", id, "error", err)
	}
}

// Disconnect ends the connection of a hall and forgets that its credential was good: it was revoked or replaced.
func (b *Broker) Disconnect(id hall.HallID) {
	b.hook.known.forget(id)
	if cl, ok := b.server.Clients.Get(string(id)); ok {
		_ = b.server.DisconnectClient(cl, packets.ErrNotAuthorized) // gives the reason back as an error
	}
}

// Stats gives the counters.
func (b *Broker) Stats() Stats {
	return Stats{
		Connected: b.hook.connected(), Received: b.hook.received.Load(), Dropped: b.hook.dropped.Load(),
		Refused: b.refused.total.Load(), AckFailed: b.ackFailed.Load(),
	}
}
