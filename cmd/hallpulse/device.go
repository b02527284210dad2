package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"hallpulse/edge/technician"
	"hallpulse/hall"
)

// errDevice says that a device, a line or a recording was not as wanted; how was told.
var errDevice = errors.New("hallpulse: not everything was found in order (有问题，见上)")

// device is the technician's part of the tool. Exit status: 0 all is well; 1 a line could not be opened or failed, a recording
// cannot be read, no frame was understood, or a part of a probe could not be done; 2 wrong usage.
func (t *tool) device(ctx context.Context, args []string) error {
	if len(args) == 0 {
		t.tell("%s\n%s\n", textDeviceUsage.ZH, textDeviceUsage.EN)
		return errUsage
	}
	switch rest := args[1:]; args[0] {
	case "record":
		return t.deviceRecord(ctx, rest)
	case "replay":
		return t.deviceReplay(rest)
	case "probe":
		return t.deviceProbe(ctx, rest)
	}
	t.tell("%s\n%s\n", textDeviceUsage.ZH, textDeviceUsage.EN)
	return errUsage
}

// language is the flag that chooses the language of what is printed.
type language string

// String gives the language, zh or en.
func (l *language) String() string { return string(*l) }

// Set takes zh or en.
func (l *language) Set(s string) error {
	if s != "zh" && s != "en" {
		return errors.New("zh or en")
	}
	*l = language(s)
	return nil
}

// in adds the flag --lang.
func in(f *flag.FlagSet) *language {
	l := language("zh")
	f.Var(&l, "lang", "language of what is printed: zh or en (输出语言)")
	return &l
}

// printed is a tool that prints in one language.
type printed struct {
	*tool
	lang string
}

func (p printed) line(text hall.Text, args ...any) { p.say(text.In(p.lang)+"\n", args...) }

// frame prints a frame, or bytes that were refused.
func (p printed) frame(f technician.Frame) {
	at := fmt.Sprintf("%11.3fs", f.At.Seconds())
	if f.Refused != "" {
		p.say("%s  %s: %s\n             % X\n", at, textRefused.In(p.lang), f.Refused, f.Raw)
		return
	}
	p.say("%s  %s\n", at, f.Event.Words())
}

// pieces prints the fields of a frame.
func (p printed) pieces(f technician.Frame) {
	for _, piece := range f.Pieces {
		mark := " "
		if piece.Inside {
			mark = "·"
		}
		p.say("             %s%4d  %-10s %-24s % X\n", mark, piece.Offset, piece.Name, piece.Value, piece.Bytes)
	}
}

// summary prints what a profile made of a line.
func (p printed) summary(s technician.Summary) {
	p.line(textSummary, s.Bytes, s.Frames, s.Alive, s.Refused, 100*s.Coverage())
	for kind := hall.KindTicket; kind <= hall.KindRating; kind++ {
		if n := s.Kinds[kind]; n > 0 {
			p.say("  %s: %d\n", kind, n)
		}
	}
}
