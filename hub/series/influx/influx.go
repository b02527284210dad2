// Package influx keeps readings in InfluxDB through its v2 interface (Flux). The client's asynchronous writer retries only
// when another write comes and drops after a few tries, so its blocking writer is used behind the hub's own queue. A point
// is idempotent: the same series and time is one point.
package influx

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	"github.com/influxdata/influxdb-client-go/v2/api"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	"github.com/influxdata/influxdb-client-go/v2/api/query"
	"github.com/influxdata/influxdb-client-go/v2/api/write"

	"hallpulse/hall"
	"hallpulse/hub/series"
)

// Limits of a write.
const (
	maxPoints = 5000
	timeout   = 20 * time.Second
)

// ErrRefused says that the server refuses the batch for good: trying it again changes nothing.
var ErrRefused = errors.New("refused by InfluxDB")

// Options of an engine.
type Options struct {
	URL    string // http://host:8086
	Org    string // empty for InfluxDB 1.8
	Bucket string // "database/retention policy" for InfluxDB 1.8
	Token  string // "user:password" for InfluxDB 1.8
}

// Engine writes to and reads from one bucket. It implements series.Engine.
type Engine struct {
	client  influxdb2.Client
	writer  api.WriteAPIBlocking
	reader  api.QueryAPI
	bucket  string
	refused atomic.Uint64
}

var _ series.Engine = (*Engine)(nil)

// Open prepares the engine; the server is asked for the first time by Write or Query.
func Open(o Options) *Engine {
	c := influxdb2.NewClientWithOptions(o.URL, o.Token, influxdb2.DefaultOptions().
		SetPrecision(time.Millisecond).SetHTTPRequestTimeout(uint(timeout.Seconds())).SetUseGZip(true).SetLogLevel(0).SetMaxRetries(0))
	return &Engine{client: c, writer: c.WriteAPIBlocking(o.Org, o.Bucket), reader: c.QueryAPI(o.Org), bucket: o.Bucket}
}

// Refused counts readings that can never be stored.
func (e *Engine) Refused() uint64 { return e.refused.Load() }

// Write stores batches, at most 5000 points a request. A point that the server refuses for good is counted and does not
// block those beside it.
func (e *Engine) Write(ctx context.Context, batches []series.Batch) error {
	points := make([]*write.Point, 0, maxPoints)
	for _, b := range batches {
		for i := range b.Readings {
			r := &b.Readings[i]
			if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
				e.refused.Add(1)
				continue
			}
			if points = append(points, point(b.Hall, r)); len(points) == maxPoints {
				if err := e.send(ctx, points); err != nil {
					return err
				}
				points = points[:0]
			}
		}
	}
	return e.send(ctx, points)
}

// send writes points; a request refused for good is halved until the guilty point stands alone.
func (e *Engine) send(ctx context.Context, points []*write.Point) error {
	if len(points) == 0 {
		return nil
	}
	err := classify(e.writer.WritePoint(ctx, points...))
	if !errors.Is(err, ErrRefused) {
		return err
	}
	if len(points) == 1 {
		e.refused.Add(1)
		return nil
	}
	half := len(points) / 2
	if err := e.send(ctx, points[:half]); err != nil {
		return err
	}
	return e.send(ctx, points[half:])
}

// classify tells refusals of the data (400, 413, 422) from everything that may work later.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var h *influxhttp.Error
	if errors.As(err, &h) {
		switch h.StatusCode {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
			return fmt.Errorf("influx: write: %w: %w", ErrRefused, err)
		}
	}
	return fmt.Errorf("influx: write: %w", err)
}

func point(id hall.HallID, r *hall.Reading) *write.Point {
	p := write.NewPointWithMeasurement(string(r.Series.Metric)).AddTag("hall", string(id)).AddField("value", r.Value).SetTime(r.At)
	if r.Series.Device != "" {
		p.AddTag("device", string(r.Series.Device))
	}
	if r.Series.Part != "" {
		p.AddTag("part", r.Series.Part)
	}
	return p
}

// Query reads the raw readings of r and gathers them as the embedded engine does, so that both give the same figures to
// the last digit.
func (e *Engine) Query(ctx context.Context, r series.Range) ([]series.Result, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	rows, err := e.reader.Query(ctx, e.flux(r))
	if err != nil {
		return nil, fmt.Errorf("influx: query: %w", err)
	}
	defer func() { _ = rows.Close() }()
	windows := map[hall.Series]*series.Windower{}
	for rows.Next() {
		rec := rows.Record()
		v, ok := rec.Value().(float64)
		if !ok {
			continue
		}
		id := hall.Series{Metric: r.Metric, Device: hall.DeviceID(tag(rec, "device")), Part: tag(rec, "part")}
		w := windows[id]
		if w == nil {
			w = &series.Windower{From: r.From, Step: r.Step}
			windows[id] = w
		}
		w.Add(rec.Time().UTC(), v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("influx: query: %w", err)
	}
	out := make([]series.Result, 0, len(windows))
	for id, w := range windows {
		out = append(out, series.Result{Series: id, Points: w.Points()})
	}
	series.Sort(out)
	return out, nil
}

func tag(rec *query.FluxRecord, name string) string {
	s, _ := rec.ValueByKey(name).(string)
	return s
}

// flux asks for one metric of one hall. Every value goes through quote: names come from halls.
func (e *Engine) flux(r series.Range) string {
	var b strings.Builder
	stop := r.To.Add(-time.Nanosecond) // InfluxDB 1.8 takes the last instant in, 2.x leaves it out; readings are whole milliseconds
	fmt.Fprintf(&b, "from(bucket: %s)\n  |> range(start: %s, stop: %s)\n", quote(e.bucket), r.From.UTC().Format(time.RFC3339Nano), stop.UTC().Format(time.RFC3339Nano))
	fmt.Fprintf(&b, "  |> filter(fn: (r) => r._measurement == %s and r._field == \"value\" and r.hall == %s)\n", quote(string(r.Metric)), quote(string(r.Hall)))
	if r.Device != "" {
		fmt.Fprintf(&b, "  |> filter(fn: (r) => r.device == %s)\n", quote(string(r.Device)))
	}
	switch {
	case r.Part == nil:
	case *r.Part == "":
		b.WriteString("  |> filter(fn: (r) => not exists r.part)\n")
	default:
		fmt.Fprintf(&b, "  |> filter(fn: (r) => r.part == %s)\n", quote(*r.Part))
	}
	b.WriteString("  |> sort(columns: [\"_time\"])\n")
	return b.String()
}

// quote writes a Flux string literal.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "${", `\${`).Replace(s) + `"`
}

// Close releases the client's connections.
func (e *Engine) Close() error {
	e.client.Close()
	return nil
}
