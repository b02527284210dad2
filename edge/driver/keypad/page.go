package keypad

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

var _ driver.Driver = (*Page)(nil)

// errClosed says that nobody takes ratings now.
var errClosed = errors.New("keypad: ratings are not taken now")

// Page takes ratings of a page that visitors open with their telephones. It is the driver of a device that has no wire.
type Page struct {
	window hall.WindowID

	mu  sync.Mutex
	out driver.Sink // nil: not running
}

// NewPage gives the driver of a window's page.
func NewPage(window hall.WindowID) *Page { return &Page{window: window} }

// Expect says nothing of silence.
func (p *Page) Expect() driver.Expect { return driver.Expect{} }

// Run takes ratings until ctx ends.
func (p *Page) Run(ctx context.Context, out driver.Sink) error {
	p.set(out)
	defer p.set(nil)
	out.Opened()
	out.Seen()
	<-ctx.Done()
	return nil
}

func (p *Page) set(out driver.Sink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = out
}

// Rate stores one rating and returns when it is durable. The same serial again is the same rating: it stands for the counter
// of a keypad.
func (p *Page) Rate(ctx context.Context, level int, serial string) error {
	p.mu.Lock()
	out := p.out
	p.mu.Unlock()
	switch {
	case level < 1 || level > 5:
		return fmt.Errorf("keypad: level %d", level)
	case out == nil:
		return errClosed
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(serial)) // never fails
	out.Seen()
	f := hall.Fact{Kind: hall.KindRating, Raw: []byte("page " + serial[:min(len(serial), 64)]), Rating: &hall.Rating{Window: p.window, Level: level, Seq: h.Sum32()}}
	if err := out.Fact(ctx, f); err != nil {
		return fmt.Errorf("keypad: %w", err)
	}
	return nil
}
