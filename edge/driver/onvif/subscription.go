package onvif

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// subscribe opens the one subscription (Core clause 9.1.1).
func (c *client) subscribe(ctx context.Context) (endpoint, error) {
	var v struct {
		Reference struct {
			Address    string `xml:"Address"`
			Parameters struct {
				All []parameter `xml:",any"`
			} `xml:"ReferenceParameters"`
		} `xml:"Body>CreatePullPointSubscriptionResponse>SubscriptionReference"`
	}
	q := call{to: c.events, action: actCreate, body: `<CreatePullPointSubscription xmlns="` + nsEvents + `"><InitialTerminationTime>` +
		duration(lifetime) + `</InitialTerminationTime></CreatePullPointSubscription>`}
	if err := c.ask(ctx, q, &v); err != nil {
		return endpoint{}, fmt.Errorf("subscribe: %w", err)
	}
	at, err := c.within(strings.TrimSpace(v.Reference.Address))
	if err != nil {
		return endpoint{}, fmt.Errorf("subscribe: %w", err)
	}
	all := v.Reference.Parameters.All
	return endpoint{url: at, parameters: all[:min(len(all), maxParameters)]}, nil
}

// duration writes whole seconds as XML Schema does.
func duration(d time.Duration) string {
	return fmt.Sprintf("PT%dS", int(d.Round(time.Second)/time.Second))
}

// synchronize asks for the present states as events (Core clause 9.1.4).
func (c *client) synchronize(ctx context.Context, at endpoint) error {
	var v struct{}
	if err := c.ask(ctx, call{to: at, action: actSync, body: `<SetSynchronizationPoint xmlns="` + nsEvents + `"/>`}, &v); err != nil {
		return fmt.Errorf("synchronize: %w", err)
	}
	return nil
}

// renew keeps the subscription for its whole life.
func (c *client) renew(ctx context.Context, at endpoint) error {
	var v struct{}
	q := call{to: at, action: actRenew, body: `<Renew xmlns="` + nsWSNT + `"><TerminationTime>` + duration(lifetime) + `</TerminationTime></Renew>`}
	if err := c.ask(ctx, q, &v); err != nil {
		return fmt.Errorf("renew: %w", err)
	}
	return nil
}

// unsubscribe gives the subscription back, also when ctx has ended: the camera has a few only.
func (c *client) unsubscribe(ctx context.Context, at endpoint) {
	var v struct{}
	q := call{to: at, action: actUnsubscribe, body: `<Unsubscribe xmlns="` + nsWSNT + `"/>`, limit: stopTime}
	if c.gate.shut(c.now()) == nil {
		_ = c.once(context.WithoutCancel(ctx), q, &v) // otherwise it ends by itself after its lifetime
	}
}

// pull waits for events. An answer without any is an answer.
func (c *client) pull(ctx context.Context, at endpoint, wait time.Duration) ([]notification, error) {
	var v struct {
		Answer *struct {
			List []notification `xml:"NotificationMessage"`
		} `xml:"Body>PullMessagesResponse"`
	}
	q := call{to: at, action: actPull, limit: wait + pullGrace, body: fmt.Sprintf(`<PullMessages xmlns="%s"><Timeout>%s</Timeout><MessageLimit>%d</MessageLimit></PullMessages>`,
		nsEvents, pullTime(wait), maxEvents)}
	if err := c.ask(ctx, q, &v); err != nil {
		return nil, fmt.Errorf("pull: %w", err)
	}
	if v.Answer == nil {
		return nil, fmt.Errorf("pull: %w", ErrAnswer)
	}
	return v.Answer.List, nil
}

// pullTime writes the time of a pull; tests have shorter ones than a second.
func pullTime(d time.Duration) string {
	if d%time.Second == 0 {
		return duration(d)
	}
	return fmt.Sprintf("PT%.3fS", d.Seconds())
}
