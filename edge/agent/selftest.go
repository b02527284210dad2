package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"hallpulse/edge/bus"
	"hallpulse/edge/config"
	"hallpulse/edge/journal"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// selfTestTime bounds one step of the self-test.
const selfTestTime = 30 * time.Second

// SelfTest tries on this machine what a gateway lives by, in an empty folder of dir: records that survive a reopening, the
// encoding of what goes to the county, the decoders of devices, the page; and tells what hardware the machine offers, which
// is no reason to fail. One line a step. The error is that of the first step that failed.
func SelfTest(ctx context.Context, dir string, out io.Writer) error {
	work, err := os.MkdirTemp(dir, "hallpulse-self-test-")
	if err != nil {
		return fmt.Errorf("agent: self-test: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	say("hallpulse-edge self-test: %s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, step := range []struct {
		name string
		run  func(context.Context, string) (string, error)
	}{
		{"journal", testJournal}, {"encoding", testEncoding}, {"decoders", testDecoders}, {"gateway", testGateway},
	} {
		limited, cancel := context.WithTimeout(ctx, selfTestTime)
		begin := time.Now()
		detail, err := step.run(limited, work)
		cancel()
		if err != nil {
			say("FAILED  %-9s %v", step.name, err)
			return fmt.Errorf("agent: self-test: %s: %w", step.name, err)
		}
		say("ok      %-9s %s (%v)", step.name, detail, time.Since(begin).Round(time.Millisecond))
	}
	for _, line := range bus.Inventory() {
		say("found   %s", line)
	}
	return nil
}

// testJournal writes records, reopens the journal and reads them back.
func testJournal(_ context.Context, dir string) (string, error) {
	const records = 200
	at, o := filepath.Join(dir, "journal"), journal.Options{MaxBytes: int64(config.MinJournal)}
	j, err := journal.Open(at, o)
	if err != nil {
		return "", err
	}
	for i := range records {
		if _, err := j.Append(hall.Facts, fmt.Appendf(nil, "record %d", i), 1); err != nil {
			return "", errors.Join(err, j.Close())
		}
	}
	if err := j.Close(); err != nil {
		return "", err
	}
	if j, err = journal.Open(at, o); err != nil {
		return "", err
	}
	first, last := j.Bounds(hall.Facts)
	err = j.Close()
	if n := last - first + 1; err == nil && n != records {
		err = fmt.Errorf("%d of %d records are there after a reopening", n, records)
	}
	return fmt.Sprintf("%d synced records, reopened", records), err
}

// testEncoding sends facts and readings through the encoding and back.
func testEncoding(context.Context, string) (string, error) {
	at := time.Date(2026, 11, 24, 9, 41, 0, 123456000, time.UTC)
	b := wire.FactBatch{Epoch: 1<<63 + 5, First: 1, Oldest: 1, Facts: []hall.Fact{{Seq: 1, Kind: hall.KindTicket, At: hall.Stamp{Wall: at, Boot: 1, Mono: time.Hour},
		Raw: []byte{0x1b, 0x40}, Ticket: &hall.TicketIssued{Number: "A012", Category: "social", Text: "社保医保", Ahead: 3}}}}
	data, err := wire.EncodeFactBatch(b)
	if err != nil {
		return "", err
	}
	back, _, err := wire.DecodeFactBatch(data)
	if err != nil {
		return "", err
	}
	if f := back.Facts[0]; !f.At.Wall.Equal(at) || f.Ticket.Text != "社保医保" || back.Epoch != b.Epoch {
		return "", fmt.Errorf("%+v came back", f)
	}
	readings := []hall.Reading{{Seq: 1, Series: hall.Series{Metric: hall.MetricCO2, Device: "air"}, At: at.Truncate(time.Millisecond), Value: 812.25}}
	data, err = wire.EncodeReadingBatch(wire.ReadingBatch{Epoch: 9, First: 1, Oldest: 1, Readings: readings})
	if err != nil {
		return "", err
	}
	got, err := wire.DecodeReadingBatch(data)
	if err == nil && (len(got.Readings) != 1 || got.Readings[0].Value != 812.25 || !got.Readings[0].At.Equal(readings[0].At)) {
		err = fmt.Errorf("%+v came back", got.Readings)
	}
	return "facts and readings there and back", err
}

// testDecoders loads every shipped profile and reads a printed ticket.
func testDecoders(context.Context, string) (string, error) {
	names := profile.Builtins()
	for _, name := range names {
		if _, err := profile.Load(name); err != nil {
			return "", err
		}
	}
	p := escpos.NewParser()
	var printed escpos.Document
	refused := 0
	p.Feed([]byte("\x1b@A012\n\xc9\xe7\xb1\xa3\n\x1dV\x00"), func(d escpos.Document) { printed = d }, func(string, []byte) { refused++ })
	if refused > 0 || len(printed.Lines) != 2 || printed.Lines[1].Text != "社保" {
		return "", fmt.Errorf("a printed ticket became %+v", printed)
	}
	return fmt.Sprintf("%d profiles, a printed ticket", len(names)), nil
}

// testGateway runs a hall without devices and asks for its page.
func testGateway(ctx context.Context, dir string) (string, error) {
	cfg, err := config.Parse("self-test", []byte(`{hall: {id: self-test, name: {zh: 自检}, township: {zh: 自检}}, panel: {listen: "127.0.0.1:0"}}`))
	if err != nil {
		return "", err
	}
	cfg.DataDir = filepath.Join(dir, "hall")
	a, err := New(Options{Config: cfg, Version: "self-test"})
	if err != nil {
		return "", err
	}
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(run) }()
	err = answers(ctx, "http://"+a.PanelAddr()+"/readyz")
	stop()
	return "started, answered, stopped", errors.Join(err, <-ended)
}

// answers asks until it is answered.
func answers(ctx context.Context, url string) error {
	c := http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if res, err := c.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", url, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
