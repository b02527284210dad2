package display

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// CallsOptions say whose displays are on a line.
type CallsOptions struct {
	Windows map[int]hall.WindowID // by address on the line
	Window  hall.WindowID         // of a line with one display: any address
	Board   *Board                // of the hall; nil: one of its own that knows nothing
}

// Calls turns what the displays of one line show into calls. It is for one goroutine.
type Calls struct {
	o     CallsOptions
	shown map[hall.WindowID]string // the last number seen on this line; it outlives an unplugged one
}

// NewCalls knows nothing that was shown yet.
func NewCalls(o CallsOptions) *Calls {
	if o.Board == nil {
		o.Board = NewBoard(nil)
	}
	return &Calls{o: o, shown: map[hall.WindowID]string{}}
}

// Show notes that the display at address shows text, as raw said, and tells a call where that is a new number of a ticket. An
// address that no window has is refused. The error is the journal's.
func (c *Calls) Show(ctx context.Context, address int, text string, raw []byte, out driver.Sink) error {
	if !isNumber(text) {
		return nil
	}
	w, ok := c.window(address)
	if !ok {
		out.Refused("no window has the address "+strconv.Itoa(address), raw)
		return nil
	}
	if c.shown[w] == text { // this line says it again, perhaps later than another one that is ahead of it
		return nil
	}
	if before := c.o.Board.show(w, text); before != text {
		f := hall.Fact{Kind: hall.KindCall, Raw: bytes.Clone(raw), Call: &hall.Call{Number: text, Window: w}}
		if err := out.Later(ctx, f, nil); err != nil {
			c.o.Board.show(w, before)
			return fmt.Errorf("journal: %w", err)
		}
	}
	c.shown[w] = text
	return nil
}

func (c *Calls) window(address int) (hall.WindowID, bool) {
	if w, ok := c.o.Windows[address]; ok {
		return w, true
	}
	return c.o.Window, c.o.Window != "" && (len(c.o.Windows) == 0 || address < 0)
}
