package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/load"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/hall"
)

// Options of the measurement.
type Options struct {
	Tools    Tools
	Dir      string
	Halls    int
	Messages int // of all halls together, of three readings each
}

// PerMessage is how many readings one message carries.
const PerMessage = 3

// Result is what came through.
type Result struct {
	Sent    int           // readings
	Arrived int           // readings that can be read from VictoriaMetrics
	Took    time.Duration // from the first message until the last row was inserted
	Wire    int64         // bytes in MQTT, both ways, between publishers and broker
	CPU     time.Duration // of the three programs
	Peak    int64         // their memory together, each at its peak
}

// Run publishes readings at QoS 1 and waits until VictoriaMetrics has them.
func Run(ctx context.Context, o Options) (r Result, err error) {
	s, err := start(ctx, o.Tools, o.Dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	before, err := s.usage()
	if err != nil {
		return r, err
	}
	began := time.Now()
	if r.Sent, r.Wire, err = s.publish(ctx, o); err != nil {
		return r, err
	}
	last, err := s.settle(ctx, r.Sent)
	if err != nil {
		return r, err
	}
	r.Took = last.Sub(began)
	after, err := s.usage()
	if err != nil {
		return r, err
	}
	r.CPU, r.Peak = after.CPU-before.CPU, after.Peak
	r.Arrived, err = s.count(ctx)
	return r, err
}

// publish sends the messages of all halls, each on its own connection.
func (s *stack) publish(ctx context.Context, o Options) (sent int, wire int64, err error) {
	var written, read, readings atomic.Int64
	errs := make([]error, o.Halls)
	var wg sync.WaitGroup
	for i := range o.Halls {
		wg.Go(func() {
			var n int
			n, errs[i] = s.hall(ctx, i, o.Messages/o.Halls, &written, &read)
			readings.Add(int64(n))
		})
	}
	wg.Wait()
	return int(readings.Load()), written.Load() + read.Load(), errors.Join(errs...)
}

// hall publishes n messages of one hall.
func (s *stack) hall(ctx context.Context, i, n int, written, read *atomic.Int64) (readings int, err error) {
	p, err := dial(s.broker, fmt.Sprintf("hall-%02d", i+1), written, read)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	parts := len(load.Series()) / PerMessage
	sweeps := load.NewSweeps(uint64(i+1), 1, load.Begin(n/parts+1))
	var sweep []hall.Reading
	var payload []byte
	for n > 0 && ctx.Err() == nil {
		sweep = sweeps.Next(sweep, parts*PerMessage)
		for part := 0; part < parts && n > 0; part++ {
			payload = message(payload[:0], sweep[part*PerMessage:(part+1)*PerMessage])
			if err := p.publish(fmt.Sprintf("hall/hall-%02d/%d", i+1, part), payload); err != nil {
				return readings, err
			}
			n, readings = n-1, readings+PerMessage
		}
	}
	return readings, ctx.Err()
}

// message is three readings as people write them in JSON: their time once, short names.
func message(dst []byte, readings []hall.Reading) []byte {
	dst = strconv.AppendInt(append(dst, `{"t":`...), readings[0].At.UnixMilli(), 10)
	dst = append(dst, `,"v":{`...)
	for i, r := range readings {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"', byte('a'+i), '"', ':')
		dst = strconv.AppendFloat(dst, r.Value, 'g', -1, 64)
	}
	return append(dst, "}}"...)
}

// settle waits until VictoriaMetrics has inserted want rows, or no more come, and gives when the last came.
func (s *stack) settle(ctx context.Context, want int) (last time.Time, err error) {
	const quiet = 15 * time.Second
	have := 0
	last = time.Now()
	for have < want && time.Since(last) < quiet {
		n, err := s.inserted(ctx)
		if err != nil {
			return last, err
		}
		if n > have {
			have, last = n, time.Now()
		}
		if err := measure.Pause(ctx, 50*time.Millisecond); err != nil {
			return last, err
		}
	}
	return last, nil
}

// inserted is VictoriaMetrics' own count of rows.
func (s *stack) inserted(ctx context.Context) (n int, err error) {
	body, err := s.get(ctx, "/metrics", nil)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(body)) {
		if rest, ok := strings.CutPrefix(line, `vm_rows_inserted_total{type="influx"}`); ok {
			return strconv.Atoi(strings.TrimSpace(rest))
		}
	}
	return 0, errors.New("peer: VictoriaMetrics does not count its rows")
}

// count reads back what is stored.
func (s *stack) count(ctx context.Context) (n int, err error) {
	if _, err := s.get(ctx, "/internal/force_flush", nil); err != nil {
		return 0, err
	}
	body, err := s.get(ctx, "/api/v1/query", url.Values{"query": {`sum(count_over_time({__name__=~"reading_.*"}[365d]))`}})
	if err != nil {
		return 0, err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&answer); err != nil {
		return 0, fmt.Errorf("peer: %w", err)
	}
	if len(answer.Data.Result) == 0 {
		return 0, nil
	}
	return strconv.Atoi(fmt.Sprint(answer.Data.Result[0].Value[1]))
}

func (s *stack) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.rows+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	if res.StatusCode/100 != 2 {
		return nil, fmt.Errorf("peer: VictoriaMetrics answers %s: %s", res.Status, body[:min(len(body), 200)])
	}
	return body, nil
}
