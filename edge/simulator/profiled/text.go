package profiled

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxHeard bounds what is kept of a line from the gateway that does not end.
const maxHeard = 256

// Keypad is a rating keypad in lines of text. It is safe for concurrent use.
type Keypad struct {
	device
	address int
	heardNo []byte // of a line that has begun
}

// NewKeypad gives a keypad with an address on its line, 1 to 255.
func NewKeypad(o Options, address int) *Keypad {
	return &Keypad{device: newDevice(o), address: address}
}

// Press presses key 1 (非常满意) to 5 (非常不满意) and gives the press's counter. It is said again until it is answered.
func (k *Keypad) Press(key int) (seq uint32, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.remember(func(seq uint32) []byte { return fmt.Appendf(nil, "RATE,%d,%d,%d\r\n", k.address, key, seq) })
}

// Invite is the window's PC that asks for a rating of number.
func (k *Keypad) Invite(number string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.send(fmt.Appendf(nil, "INVITE,%d,%s\r\n", k.address, number))
}

// Run lets the keypad beat, repeat and hear answers until ctx ends or its wire is closed.
func (k *Keypad) Run(ctx context.Context) {
	k.run(ctx, fmt.Appendf(nil, "ALIVE,%d\r\n", k.address), k.hear)
}

// hear finds OK,ADDR,COUNT in what the gateway writes.
func (k *Keypad) hear(chunk []byte) {
	k.heardNo = append(k.heardNo, chunk...)
	for {
		line, rest, ok := bytes.Cut(k.heardNo, []byte("\n"))
		if !ok {
			k.heardNo = k.heardNo[max(0, len(k.heardNo)-maxHeard):]
			return
		}
		words := strings.Split(strings.TrimSpace(string(line)), ",")
		if len(words) == 3 && words[0] == "OK" && words[1] == strconv.Itoa(k.address) {
			if seq, err := strconv.ParseUint(words[2], 10, 32); err == nil {
				k.answered(uint32(seq))
			}
		}
		k.heardNo = rest
	}
}

// TextDispenser is a ticket dispenser in lines of text. It repeats nothing: nobody answers. It is safe for concurrent use.
type TextDispenser struct{ device }

// NewTextDispenser gives a dispenser.
func NewTextDispenser(o Options) *TextDispenser { return &TextDispenser{newDevice(o)} }

// Print issues a ticket; ahead under 0 is not printed. An error means that nothing was said.
func (p *TextDispenser) Print(number, category string, ahead int) error {
	text := "TICKET," + number + "," + category
	if ahead >= 0 {
		text += "," + strconv.Itoa(ahead)
	}
	return p.line(text)
}

// Run lets the dispenser give signs of life until ctx ends or its wire is closed.
func (p *TextDispenser) Run(ctx context.Context) { p.run(ctx, []byte("ALIVE\r\n"), func([]byte) {}) }

// line says a line in GB18030.
func (d *device) line(text string) error {
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text + "\r\n"))
	if err != nil {
		return fmt.Errorf("profiled: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.muted {
		return ErrMuted
	}
	return d.send(b)
}

// Queue is a queue system that says its calls in lines of text. It is safe for concurrent use.
type Queue struct{ device }

// NewQueue gives a queue system.
func NewQueue(o Options) *Queue { return &Queue{newDevice(o)} }

// Call calls a number to a window's display address.
func (q *Queue) Call(address int, number string) error {
	return q.line(fmt.Sprintf("CALL,%d,%s", address, number))
}

// Say shows any text.
func (q *Queue) Say(text string) error { return q.line(text) }

// Run lets the queue system give signs of life until ctx ends or its wire is closed.
func (q *Queue) Run(ctx context.Context) { q.run(ctx, []byte("ALIVE\r\n"), func([]byte) {}) }
