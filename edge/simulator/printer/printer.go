// Package printer is a simulated ticket dispenser (取号机): it prints a ticket in the language of ESC/POS printers, Chinese
// in GB18030, as one piece. The gateway's tap hears what the printer is told; a printer on a serial line answers nothing.
// [Network] is the printer alone, on TCP, and [Remote] how a dispenser reaches it or the gateway before it.
package printer

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"hallpulse/edge/simulator/line"
)

// ErrMuted says that the dispenser is off.
var ErrMuted = errors.New("printer: the dispenser is off")

// ErrPaper says that the paper ended inside a ticket.
var ErrPaper = errors.New("printer: no paper")

// Options of a printer.
type Options struct {
	Line *line.Line
	Out  io.Writer        // instead of Line, e.g. a Remote
	Hall string           // printed on top
	Now  func() time.Time // printed on the ticket; nil: time.Now
}

// Printer prints tickets. It is safe for concurrent use.
type Printer struct {
	o Options

	mu      sync.Mutex
	muted   bool
	noPaper bool
}

// New gives a printer.
func New(o Options) *Printer {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Out == nil {
		o.Out = o.Line
	}
	return &Printer{o: o}
}

// Print prints a ticket in one piece and returns when its last byte is on the wire. ahead is how many people wait
// before; negative: not printed. An error means that the visitor has no ticket.
func (p *Printer) Print(number, category string, ahead int) error {
	doc, err := ticket{hall: p.o.Hall, number: number, category: category, ahead: ahead, at: p.o.Now()}.bytes()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.muted {
		return ErrMuted
	}
	if p.noPaper {
		_, _ = p.o.Out.Write(torn(doc, number)) // the visitor has no ticket, whatever the tap heard
		return ErrPaper
	}
	return p.write(doc)
}

// Note prints a page that is no ticket, as a self-test is.
func (p *Printer) Note(text string) error {
	gb, err := chinese(text)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.write(joined(initialise, gb, feed, cut))
}

// Mute turns the dispenser off or on.
func (p *Printer) Mute(on bool) { p.mu.Lock(); defer p.mu.Unlock(); p.muted = on }

// NoPaper makes tickets end in the middle of their number.
func (p *Printer) NoPaper(on bool) { p.mu.Lock(); defer p.mu.Unlock(); p.noPaper = on }

func (p *Printer) write(doc []byte) error {
	if _, err := p.o.Out.Write(doc); err != nil {
		return fmt.Errorf("printer: %w", err)
	}
	return nil
}

func chinese(s string) ([]byte, error) {
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		return nil, fmt.Errorf("printer: %q cannot be printed: %w", s, err)
	}
	return b, nil
}
