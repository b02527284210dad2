// Package localbroker is the gateway's own MQTT broker, for a hall that has none: mochi-mqtt behind one hook that denies by
// default. A user may publish and hear what begins with one of its topics, nothing else. Sessions end with their connection
// and retained messages with the program: devices say everything again when they connect.
package localbroker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
)

// Limits of the broker. A bridge of Zigbee devices describes them all in one message of some hundred kilobytes.
const (
	DefaultClients = 64               // devices and programs at once
	MaxPacket      = 1 << 20          // bytes
	MaxRetained    = 2048             // topics with a retained message
	MaxRetainBytes = 16 << 20         // of all retained messages together
	MaxPending     = 2048             // messages that wait for one client
	maxFilters     = 256              // subscriptions of one client
	waiting        = 16               // connections that have not yet said who they are, beyond the clients
	connectTime    = 10 * time.Second // to say it
	writeTime      = 10 * time.Second // a client that takes nothing for this long is cut off
)

// User may connect, with the topics that begin with one of Topics in whole levels.
type User struct {
	Name     string
	Password string
	Topics   []string // empty: every topic
}

// Options of a broker.
type Options struct {
	Listen     string       // host:port; empty: 127.0.0.1:0
	Users      []User       // nobody else may connect
	MaxClients int          // 0: DefaultClients
	Logger     *slog.Logger // nil: none
}

// Stats counts since the start.
type Stats struct {
	Connected int    // clients now
	Messages  uint64 // that were published
	Refused   uint64 // connections, publishes and subscriptions
	Dropped   uint64 // messages to clients that are too slow
	Retained  int    // topics with a retained message
	Unkept    uint64 // messages that were passed on, but not retained for want of room
}

// Broker is a running broker.
type Broker struct {
	o        Options
	server   *mqtt.Server
	listener *listener
	hook     *hook
	stop     sync.Once
}

// Start opens the listener and serves until Stop. ctx limits the start alone.
func Start(ctx context.Context, o Options) (*Broker, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.MaxClients <= 0 {
		o.MaxClients = DefaultClients
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("localbroker: %w", err)
	}
	b := &Broker{o: o, hook: newHook(o)}
	b.listener = newListener(ln, o.MaxClients+waiting, b.hook, o.Logger)
	if err := b.serve(); err != nil {
		return nil, errors.Join(fmt.Errorf("localbroker: %w", err), ln.Close())
	}
	o.Logger.Info("localbroker: listening", "address", b.Addr(), "users", len(o.Users))
	return b, nil
}

func (b *Broker) serve() error {
	caps := mqtt.NewDefaultServerCapabilities()
	caps.MaximumClients = int64(b.o.MaxClients)
	caps.MaximumPacketSize = MaxPacket
	caps.MaximumClientWritesPending = MaxPending
	caps.MaximumInflight = MaxPending
	caps.MaximumSessionExpiryInterval = 0
	// The default forgets what is retained after a day: a device that says "online" once a week would vanish.
	caps.MaximumMessageExpiryInterval = math.MaxInt32
	caps.SharedSubAvailable = 0
	caps.TopicAliasMaximum = 0
	b.server = mqtt.New(&mqtt.Options{
		Capabilities: caps,
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
	})
	if err != nil {
		return fmt.Errorf("localbroker: stop: %w", err)
	}
	return nil
}

// Stats gives the counters.
func (b *Broker) Stats() Stats { return b.hook.stats() }
