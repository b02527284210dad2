package deploy_test

import (
	"testing"

	"hallpulse/edge/agent"
	"hallpulse/edge/config"
)

// TestHallExampleIsBuilt: a gateway can be made of the example, with every driver there is. It opens no device.
func TestHallExampleIsBuilt(t *testing.T) {
	c, err := config.Load("examples/hall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Check(c); err != nil {
		t.Fatal(err)
	}
	c.DataDir, c.Panel.Listen = t.TempDir(), "127.0.0.1:0"
	c.Broker.Embed.Listen, c.Rating.Listen = "127.0.0.1:0", "127.0.0.1:0"
	a, err := agent.New(agent.Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
