package deploy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/config"
	"hallpulse/hub/app"
)

// TestHubExample: the hub's example is right, and says the defaults where it does not say that it differs.
func TestHubExample(t *testing.T) {
	c, err := app.Load("examples/hub.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Web.Listen != app.DefaultWeb || c.MQTT.Listen != app.DefaultMQTT || c.Series.Engine != app.EngineEmbedded || c.Series.Retention != app.DefaultRetention {
		t.Errorf("not the defaults: %+v", c)
	}
	if c.Webhook.Secret.Reveal() == "" || c.Alerts.WaitAct != 30*time.Minute || c.Metrics.Listen == "" {
		t.Errorf("parts are missing: %+v", c)
	}
}

// TestHubExampleVariants: the lines that are commented out are right too, when they take the place of those they are for.
func TestHubExampleVariants(t *testing.T) {
	data, err := os.ReadFile("examples/hub.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "influx.example"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "webhook.example"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), "\n  # ", "\n  ")
	for _, replaced := range []string{"  engine: embedded\n", "  listen: 127.0.0.1:1883\n"} {
		text = strings.Replace(text, replaced, "", 1)
	}
	path := filepath.Join(dir, "hub.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := app.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Series.Engine != app.EngineInflux || c.MQTT.Listen != "0.0.0.0:8883" || c.MQTT.CertFile != filepath.Join(dir, "broker.pem") || c.Web.KeyFile == "" {
		t.Errorf("the variants did not arrive: %+v", c)
	}
}

// TestHallExample: the gateway's example is right.
func TestHallExample(t *testing.T) {
	c, err := config.Load("examples/hall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Hall.ID != "chengguan" || len(c.Devices) == 0 || c.Hub == nil {
		t.Errorf("parts are missing: %+v", c)
	}
}

// TestUnits: the units run with the examples: what they may write is where the examples keep their data.
func TestUnits(t *testing.T) {
	states := map[string]string{"hallpulse-hub": "hallpulse-hub", "hallpulse-edge": "hallpulse"} // both may run on one machine
	for unit, args := range map[string]string{
		"hallpulse-hub": "/usr/bin/hallpulse-hub --config /etc/hallpulse/hub.yaml", "hallpulse-edge": "/usr/bin/hallpulse-edge --config /etc/hallpulse/hall.yaml",
	} {
		data, err := os.ReadFile("systemd/" + unit + ".service")
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"ExecStart=" + args, "StateDirectory=" + states[unit], "UMask=0077", "Restart=always", "ProtectSystem=strict"} {
			if !strings.Contains(string(data), "\n"+line+"\n") {
				t.Errorf("%s: no line %s", unit, line)
			}
		}
	}
	for example, state := range map[string]string{"hub.yaml": states["hallpulse-hub"], "hall.yaml": states["hallpulse-edge"]} {
		data, err := os.ReadFile("examples/" + example)
		if err != nil || !strings.Contains(string(data), "data_dir: /var/lib/"+state+" ") {
			t.Errorf("%s keeps its data where the unit may not write: %v", example, err)
		}
	}
}
