package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
)

// Tools are the peer's programs.
type Tools struct{ Mosquitto, Telegraf, VictoriaMetrics string }

// Find looks for the programs; missing names those that are not there.
func Find() (t Tools, missing []string) {
	for _, p := range []struct {
		name string
		at   *string
	}{{"mosquitto", &t.Mosquitto}, {"telegraf", &t.Telegraf}, {"victoria-metrics", &t.VictoriaMetrics}} {
		if *p.at = find(p.name); *p.at == "" {
			missing = append(missing, p.name)
		}
	}
	return t, missing
}

// find looks where programs are, also where Debian keeps servers and where `go install` puts what it built.
func find(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	places := []string{"/usr/sbin/" + name}
	if out, err := exec.Command("go", "env", "GOPATH").Output(); err == nil {
		places = append(places, filepath.Join(strings.TrimSpace(string(out)), "bin", name))
	}
	for _, path := range places {
		if path, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	return ""
}

// stack is the three programs at work.
type stack struct {
	broker string // address of Mosquitto
	rows   string // URL of VictoriaMetrics
	all    []*measure.Program
}

// startLimit is how long one of the programs may take to answer.
const startLimit = 30 * time.Second

func start(ctx context.Context, t Tools, dir string) (s *stack, err error) {
	s = &stack{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, fmt.Errorf("peer: %w", err)
	}
	for _, step := range []func(context.Context, Tools, string) error{s.victoria, s.mosquitto, s.telegraf} {
		if err := step(ctx, t, dir); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *stack) run(name, dir, path string, args ...string) error {
	p, err := measure.Run(name, filepath.Join(dir, name+".log"), path, args...)
	if err == nil {
		s.all = append(s.all, p)
	}
	return err
}

func (s *stack) victoria(ctx context.Context, t Tools, dir string) error {
	addr, err := measure.Address()
	if err != nil {
		return err
	}
	s.rows = "http://" + addr
	if err := s.run("victoria-metrics", dir, t.VictoriaMetrics, "-httpListenAddr="+addr, "-storageDataPath="+filepath.Join(dir, "rows"), "-retentionPeriod=12", "-search.latencyOffset=0s"); err != nil {
		return err
	}
	return measure.Until(ctx, startLimit, 100*time.Millisecond, "VictoriaMetrics", func() bool { return measure.Healthy(ctx, s.rows+"/health") })
}

func (s *stack) mosquitto(ctx context.Context, t Tools, dir string) (err error) {
	if s.broker, err = measure.Address(); err != nil {
		return err
	}
	host, port, _ := strings.Cut(s.broker, ":")
	// max_queued_messages: its default drops what waits for a slow client beyond 1000.
	text := fmt.Sprintf("listener %s %s\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\npersistence false\nlog_type error\n", port, host)
	if os.Geteuid() == 0 {
		text += "user root\n" // else it takes another user, which cannot read its configuration here
	}
	conf := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	if err := s.run("mosquitto", dir, t.Mosquitto, "-c", conf); err != nil {
		return err
	}
	return measure.Until(ctx, startLimit, 50*time.Millisecond, "Mosquitto", func() bool { return measure.Answers(s.broker) })
}

func (s *stack) telegraf(ctx context.Context, t Tools, dir string) error {
	return s.runTelegraf(ctx, t, dir, s.telegrafConfig())
}

// runTelegraf starts Telegraf and waits until the broker has its subscription, which its log tells.
func (s *stack) runTelegraf(ctx context.Context, t Tools, dir, text string) error {
	conf := filepath.Join(dir, "telegraf.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	if err := s.run("telegraf", dir, t.Telegraf, "--config", conf); err != nil {
		return err
	}
	return measure.Until(ctx, startLimit, 100*time.Millisecond, "Telegraf", func() bool {
		log, err := os.ReadFile(filepath.Join(dir, "telegraf.log"))
		return err == nil && strings.Contains(string(log), "Connected [tcp://"+s.broker)
	})
}

func (s *stack) telegrafConfig() string {
	return fmt.Sprintf(`[agent]
  interval = "1s"
  flush_interval = "1s"
  metric_batch_size = 5000
  metric_buffer_limit = 200000
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://%s"]
  topics = ["hall/#"]
  qos = 1
  max_undelivered_messages = 20000
  topic_tag = ""
  data_format = "json_v2"
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "hall/+/+"
    tags = "_/hall/part"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "reading"
    timestamp_path = "t"
    timestamp_format = "unix_ms"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "v"
      disable_prepend_keys = true
[[outputs.influxdb_v2]]
  urls = ["%s"]
  organization = "o"
  bucket = "b"
  token = "t"
`, s.broker, s.rows)
}

// close ends the programs, the last first.
func (s *stack) close() error {
	var errs []error
	for i := len(s.all) - 1; i >= 0; i-- {
		errs = append(errs, s.all[i].Close())
	}
	return errors.Join(errs...)
}

// usage sums what the programs have used.
func (s *stack) usage() (sum measure.Usage, err error) {
	for _, p := range s.all {
		u, err := measure.Of(p.Pid())
		if err != nil {
			return sum, err
		}
		sum.CPU, sum.RSS, sum.Peak = sum.CPU+u.CPU, sum.RSS+u.RSS, sum.Peak+u.Peak
	}
	return sum, nil
}
