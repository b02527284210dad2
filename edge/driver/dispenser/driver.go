package dispenser

import (
	"context"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

var _ driver.Driver = (*Driver)(nil)

// quiet ends a document: some printers have no cutter, and half a command will not be completed.
const quiet = 2 * time.Second

// Options of a tap.
type Options struct {
	Port       driver.PortOpener
	Categories []hall.Category
	Layout     escpos.Layout
}

// Driver reads the line to one printer.
type Driver struct {
	o       Options
	tickets reader
}

// New prepares a driver; it opens nothing.
func New(o Options) *Driver { return &Driver{o: o, tickets: reader{o.Categories, o.Layout}} }

// Expect says that a printer need not say anything.
func (d *Driver) Expect() driver.Expect { return driver.Expect{} }

// Run reads the line until ctx ends, the line fails or a ticket cannot be stored.
func (d *Driver) Run(ctx context.Context, out driver.Sink) error {
	p, err := d.o.Port.OpenPort()
	if err != nil {
		return fmt.Errorf("dispenser: %w", err)
	}
	defer func() { _ = p.Close() }() // nothing is written
	out.Opened()
	if err := d.read(ctx, p, out); err != nil {
		return fmt.Errorf("dispenser: %w", err)
	}
	return nil
}

// read feeds the parser, and ends its document when the line falls silent.
func (d *Driver) read(ctx context.Context, p driver.Port, out driver.Sink) (err error) {
	parser := escpos.NewParser()
	emit := func(doc escpos.Document) {
		if err == nil { // a ticket that cannot be stored ends the run: the next one must not overtake it
			err = d.document(ctx, doc, out)
		}
	}
	buf := make([]byte, 1024)
	var last time.Time // zero: nothing since the last document's end
	for err == nil && ctx.Err() == nil {
		n, failed := p.Read(buf)
		now := time.Now()
		if n > 0 {
			parser.Feed(buf[:n], emit, out.Refused)
			last = now
		} else if !last.IsZero() && now.Sub(last) >= quiet {
			parser.Flush(emit, out.Refused)
			last = time.Time{}
		}
		if err == nil && failed != nil {
			err = fmt.Errorf("read: %w", failed)
		}
	}
	return err
}

// document tells what was printed.
func (d *Driver) document(ctx context.Context, doc escpos.Document, out driver.Sink) error {
	out.Seen()
	f, refused := d.tickets.ticket(doc)
	if refused != "" {
		out.Refused(refused, doc.Raw)
	}
	if f == nil {
		return nil
	}
	if err := out.Later(ctx, *f, nil); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
