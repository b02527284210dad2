package county

import (
	"path/filepath"
	"slices"
	"testing"

	"hallpulse/edge/agent"
	"hallpulse/edge/config"
	"hallpulse/edge/simulator/truth"
)

// The halls of the demonstration together own a device of every driver, and every gateway takes its configuration.
func TestEveryDriverIsShown(t *testing.T) {
	dir := t.TempDir()
	log, err := truth.Create(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(t.Context(), Options{Dir: dir, Halls: 3, Stations: 5, Seed: 1, Truth: log, Every: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	shown := map[config.Driver]bool{}
	for _, h := range c.Halls() {
		cfg, err := config.Load(h.Config)
		if err != nil {
			t.Fatal(err)
		}
		if err := agent.Check(cfg); err != nil {
			t.Error(err)
		}
		for _, d := range cfg.Devices {
			shown[d.Driver] = true
		}
	}
	var missing []string
	for d := range config.Drivers() {
		if !shown[d] && d != config.HikvisionQueue { // its code is the counter's
			missing = append(missing, string(d))
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		t.Errorf("nobody owns %v", missing)
	}
}
