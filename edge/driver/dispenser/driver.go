// Package dispenser reads what a ticket dispenser (取号机) prints: a passive tap on the line to its ESC/POS printer (RS-232,
// receive wire only). It never writes. A printer that is not used says nothing: silence proves nothing.
package dispenser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
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
type Driver struct{ o Options }

// New prepares a driver; it opens nothing.
func New(o Options) *Driver { return &Driver{o: o} }

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
	t, err := escpos.ReadTicket(doc, d.o.Layout)
	if err != nil {
		if damaged(doc) || !errors.Is(err, escpos.ErrNoNumber) {
			out.Refused(err.Error(), doc.Raw)
		}
		return nil
	}
	f := hall.Fact{Kind: hall.KindTicket, Raw: bytes.Clone(doc.Raw),
		Ticket: &hall.TicketIssued{Number: t.Number, Category: d.category(t), Text: t.Category, Ahead: t.Ahead}}
	if err := out.Later(ctx, f, nil); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// damaged says whether a document may have been a ticket before something happened to it.
func damaged(doc escpos.Document) bool {
	for _, l := range doc.Lines {
		if strings.ContainsRune(l.Text, '\uFFFD') {
			return true
		}
	}
	return doc.Truncated
}
