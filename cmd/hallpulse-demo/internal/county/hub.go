package county

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"hallpulse/hall"
	"hallpulse/hub/app"
)

// admin works on the hub's data folder.
type admin struct {
	*app.Admin
	ports *ports
}

// hub writes hub.yaml and opens the hub's folder for enrolments.
func (c *County) hub(ctx context.Context) (err error) {
	p := &ports{next: firstPort + rand.IntN(lastPort-firstPort-4096)} // two counties on one machine keep apart
	if c.web = c.o.Web; c.web == "" {
		if c.web, err = p.take(); err != nil {
			return err
		}
	}
	if c.broker, err = p.take(); err != nil {
		return err
	}
	if err := os.WriteFile(c.HubConfig(), []byte(c.hubYAML()), 0o600); err != nil {
		return fmt.Errorf("county: %w", err)
	}
	cfg, err := app.Load(c.HubConfig())
	if err != nil {
		return fmt.Errorf("county: %w", err)
	}
	a, err := app.OpenAdmin(ctx, cfg)
	if err != nil {
		return fmt.Errorf("county: %w", err)
	}
	c.hosts = &admin{Admin: a, ports: p}
	return nil
}

// Admin works on the hub's accounts and tokens; it is closed with the county.
func (c *County) Admin() *app.Admin { return c.hosts.Admin }

// hubYAML is the hub's configuration: alerts come a little sooner than in a real county, where nobody watches for a minute.
func (c *County) hubYAML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "data_dir: %q\nweb: {listen: %q}\nmqtt: {listen: %q}\n", c.HubDir(), c.web, c.broker)
	b.WriteString("alerts: {queue_max: 8, queue_for: 5s, wait_notice: 6m, wait_act: 10m, wait_for: 20s, device_for: 10s}\n")
	if c.o.Webhook != "" {
		fmt.Fprintf(&b, "webhook: {url: %q, secret: %q}\n", c.o.Webhook, c.o.Secret)
	}
	return b.String()
}

// enrol gives a hall its credential, in a file beside its configuration.
func (c *County) enrol(ctx context.Context, id hall.HallID, dir string) error {
	credential, err := c.hosts.Enrol(ctx, id)
	if err != nil {
		return fmt.Errorf("county: enrol %s: %w", id, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "credential"), []byte(credential+"\n"), 0o600); err != nil {
		return fmt.Errorf("county: %w", err)
	}
	return nil
}

// route gives a hall's way to the broker.
func (c *County) route() (string, error) {
	if c.o.Broker == nil {
		return c.broker, nil
	}
	addr, err := c.o.Broker(c.broker)
	if err != nil {
		return "", errors.Join(errors.New("county: way to the broker"), err)
	}
	return addr, nil
}
