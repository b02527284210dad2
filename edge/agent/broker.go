package agent

import (
	"context"
	"fmt"
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/edge/driver/mqttdevice"
	"hallpulse/edge/localbroker"
)

// openBroker prepares the way to the hall's MQTT broker, and the gateway's own broker where the hall has no other. A broker
// that cannot be started or reached never stops the gateway: its devices are named.
func (a *Agent) openBroker() error {
	b := a.cfg.Broker
	if b == nil {
		return nil
	}
	o := mqttdevice.ClientOptions{
		Address: b.Address, ClientID: "hallpulse-" + string(a.cfg.Hall.ID), Username: b.Username, Password: b.Password.Reveal(), Logger: a.log,
	}
	if b.Embed != nil {
		word, err := localbroker.NewPassword()
		if err != nil {
			return fmt.Errorf("agent: %w", err)
		}
		o.Address, o.Username, o.Password = "mqtt://"+b.Embed.Listen, config.GatewayUser, word
	}
	a.broker = mqttdevice.NewClient(o)
	a.brokerWord = o.Password
	return nil
}

// hallBroker is the hall's MQTT broker; nil where it has none.
func (a *Agent) hallBroker() driver.Broker {
	if a.broker == nil {
		return nil
	}
	return a.broker
}

// serveBroker runs the gateway's own broker, again after a while where its address cannot be had, and the connection to the
// hall's broker.
func (a *Agent) serveBroker(ctx context.Context) {
	if a.cfg.Broker.Embed == nil {
		a.broker.Run(ctx)
		return
	}
	own := a.startBroker(ctx)
	if own == nil {
		return
	}
	defer func() {
		if err := own.Stop(); err != nil {
			a.log.Error("the hall's broker did not stop well", "err", err)
		}
	}()
	a.broker.Run(ctx)
}

// startBroker starts the gateway's own broker; nil: ctx ended before its address was to be had.
func (a *Agent) startBroker(ctx context.Context) *localbroker.Broker {
	e := a.cfg.Broker.Embed
	users := []localbroker.User{{Name: config.GatewayUser, Password: a.brokerWord}}
	for _, u := range e.Users {
		users = append(users, localbroker.User{Name: u.Name, Password: u.Password.Reveal(), Topics: u.Topics})
	}
	failed := a.trouble("the hall's broker")
	for ctx.Err() == nil {
		own, err := localbroker.Start(ctx, localbroker.Options{Listen: e.Listen, Users: users, Logger: a.log})
		if failed(err); err == nil {
			return own
		}
		wait := time.NewTimer(againEvery)
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
	}
	return nil
}
