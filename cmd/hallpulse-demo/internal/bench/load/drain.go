package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hallpulse/edge/clock"
	"hallpulse/edge/journal"
	"hallpulse/edge/uplink"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// Source is the journal of one hall and its right to connect.
type Source struct {
	Hall       hall.HallID `json:"hall"`
	Dir        string      `json:"dir"`
	Credential string      `json:"credential"`
}

// Plan says what a drain brings where.
type Plan struct {
	Broker  string    `json:"broker"`
	Lane    hall.Lane `json:"lane"`
	Sources []Source  `json:"sources"`
	Profile string    `json:"profile,omitempty"` // file for a profile of the processor's time
}

// Result is what a drain did.
type Result struct {
	Records  int           `json:"records"`  // acknowledged by the hub
	Took     time.Duration `json:"took"`     // from the first batch sent to the last acknowledgement
	Sent     int           `json:"sent"`     // records on the wire, those sent again included
	Payload  int64         `json:"payload"`  // bytes of the batches
	Wire     int64         `json:"wire"`     // bytes in TCP, both ways, of everything
	Resent   int           `json:"resent"`   // times that a batch was asked for again or timed out
	Segments int64         `json:"segments"` // TCP segments, both ways
	Batches  int           `json:"batches"`  // acknowledged
	Wait     time.Duration `json:"wait"`     // for the acknowledgement of a batch, on average
}

// Drain connects every source to the hub's broker with a gateway's uplink, and returns when the hub has acknowledged
// everything that their journals hold of the lane.
func Drain(ctx context.Context, p Plan) (r Result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var count counter
	var wg sync.WaitGroup
	var open []*station
	defer func() {
		cancel()
		wg.Wait()
		for _, s := range open {
			err = errors.Join(err, s.journal.Close())
		}
	}()
	for _, src := range p.Sources {
		s, err := newStation(p.Broker, src, &count)
		if err != nil {
			return r, err
		}
		open = append(open, s)
	}
	before := make([]uint64, len(open))
	for i, s := range open {
		before[i] = s.journal.Acked(p.Lane)
		wg.Go(func() { _ = s.link.Run(ctx) }) // it gives nil
	}
	if err := acknowledged(ctx, open, p.Lane); err != nil {
		return r, err
	}
	for i, s := range open {
		r.Records += int(s.journal.Acked(p.Lane) - before[i])
	}
	r.Took = count.took()
	r.Batches = int(count.acked.Load())
	r.Wait = time.Duration(count.waited.Load()) / time.Duration(max(1, r.Batches))
	r.Sent, r.Payload, r.Resent = int(count.records.Load()), count.bytes.Load(), int(count.resent.Load())
	r.Wire, r.Segments, err = traffic()
	return r, err
}

// acknowledged waits until the hub has everything.
func acknowledged(ctx context.Context, open []*station, lane hall.Lane) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, s := range open {
		for s.journal.Pending(lane) > 0 {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fmt.Errorf("load: %s: %d records not acknowledged (%s): %w", s.hall, s.journal.Pending(lane), s.link.Status().Error, ctx.Err())
			}
		}
	}
	return nil
}

// station is a gateway without devices.
type station struct {
	hall    hall.HallID
	journal *journal.Journal
	link    *uplink.Uplink
}

func newStation(broker string, src Source, count *counter) (*station, error) {
	j, err := journal.Open(src.Dir, journal.Options{MaxBytes: quota})
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	times := clock.NewCorrector(time.Time{})
	link, err := uplink.New(uplink.Options{
		Broker: broker, Hall: src.Hall, Credential: uplink.Credential(src.Credential), Version: "bench",
		Journal: j, Clock: clock.New(clock.Options{Boot: j.Boot()}), Corrector: times, Metrics: count,
		Describe: func() hall.Hall { return describe(src.Hall) },
		Record: func(_ context.Context, f hall.Fact) error {
			payload, err := wire.EncodeFact(f)
			if err == nil {
				_, err = j.Append(hall.Facts, payload, 1)
			}
			if err == nil {
				times.Note(&f)
			}
			return err
		},
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("load: %w", err), j.Close())
	}
	return &station{src.Hall, j, link}, nil
}

// describe is a hall as its birth message tells it.
func describe(id hall.HallID) hall.Hall {
	h := hall.Hall{ID: id, Name: hall.Text{ZH: string(id)}, Kind: hall.Center, TimeZone: "Asia/Shanghai",
		Categories: []hall.Category{{ID: "social", Name: hall.Text{ZH: "社保医保"}, Prefix: "A"}}}
	for i := range windows {
		h.Windows = append(h.Windows, hall.Window{ID: hall.WindowID(fmt.Sprintf("w%d", i+1)), Name: hall.Text{ZH: fmt.Sprint(i + 1)}})
	}
	return h
}

// counter counts for all uplinks together.
type counter struct {
	records, bytes, resent, first, last, acked, waited atomic.Int64
}

var _ uplink.Metrics = (*counter)(nil)

// Connected does not matter.
func (c *counter) Connected(bool) {}

// Sent counts a batch.
func (c *counter) Sent(_ hall.Lane, records, bytes int) {
	c.first.CompareAndSwap(0, time.Now().UnixNano())
	c.records.Add(int64(records))
	c.bytes.Add(int64(bytes))
}

// Acked notes when the hub last acknowledged something, and how long it took.
func (c *counter) Acked(_ hall.Lane, _ uint64, took time.Duration) {
	c.last.Store(time.Now().UnixNano())
	if took > 0 {
		c.acked.Add(1)
		c.waited.Add(int64(took))
	}
}

// Resent counts what had to be sent again.
func (c *counter) Resent(hall.Lane, string) { c.resent.Add(1) }

// Refused does not happen: the journals are sound.
func (c *counter) Refused(hall.Lane, int) {}

// Snapshot does not matter.
func (c *counter) Snapshot(hall.Section, int) {}

func (c *counter) took() time.Duration { return time.Duration(c.last.Load() - c.first.Load()) }
