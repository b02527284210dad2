package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
)

// Idle measures a Telegraf that has nothing to do: three plugins (MQTT consumer, its own figures, a file), connected to a
// broker on which nobody speaks.
func Idle(ctx context.Context, t Tools, dir string, warm, d time.Duration) (u measure.Share, err error) {
	s := &stack{}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return u, fmt.Errorf("peer: %w", err)
	}
	if err := s.mosquitto(ctx, t, dir); err != nil {
		return u, err
	}
	if err := s.runTelegraf(ctx, t, dir, s.idleConfig(filepath.Join(dir, "figures"))); err != nil {
		return u, err
	}
	if err := measure.Pause(ctx, warm); err != nil {
		return u, err
	}
	return measure.Watch(ctx, s.all[len(s.all)-1].Pid(), d)
}

func (s *stack) idleConfig(file string) string {
	return fmt.Sprintf(`[agent]
  interval = "10s"
  flush_interval = "10s"
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://%s"]
  topics = ["hall/#"]
  qos = 1
  data_format = "json"
[[inputs.internal]]
[[outputs.file]]
  files = [%q]
  data_format = "json"
`, s.broker, file)
}
