package main

import (
	"context"
	"errors"
	"flag"
	"strings"
	"unicode"

	"hallpulse/edge/config"
	"hallpulse/edge/control"
	"hallpulse/hall"
)

// asking is what the flags of a command say that asks a gateway which runs here.
type asking struct {
	data string
	lang *language
}

func askFlags(f *flag.FlagSet) *asking {
	a := &asking{lang: in(f)}
	f.StringVar(&a.data, "data", config.DefaultDataDir, "the gateway's data_dir (网关的 data_dir)")
	return a
}

// wordsOf reads flags that may stand before, between and after the words of a command, and gives the words.
func wordsOf(f *flag.FlagSet, args []string) (out []string, err error) {
	for {
		if err := parse(f, args); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return out, nil
		}
		out, args = append(out, f.Arg(0)), f.Args()[1:]
	}
}

// wrong tells how a command is used.
func (t *tool) wrong(usage hall.Text) error {
	t.tell("%s\n%s\n", usage.ZH, usage.EN)
	return errUsage
}

// said is an error with a text for people, in the language of the command.
type said struct {
	text string
	err  error
}

func (s said) Error() string { return "hallpulse: " + s.text }
func (s said) Unwrap() error { return s.err }

// ask asks the gateway. What is wrong is told in the language of the command. Exit status: 0 it was done, 1 it was not.
func (a *asking) ask(ctx context.Context, r control.Request) (control.Answer, error) {
	got, err := control.NewClient(a.data).Do(ctx, r)
	return got, a.told(err)
}

// told gives an error in the language of the command.
func (a *asking) told(err error) error {
	var p *control.Problem
	lang := a.lang.String()
	switch {
	case errors.As(err, &p):
		return said{p.Message.In(lang), err}
	case errors.Is(err, control.ErrNoGateway):
		return said{worded(textNoGateway, lang, a.data), err}
	case errors.Is(err, control.ErrDenied):
		return said{worded(textNoRight, lang, a.data), err}
	case errors.Is(err, control.ErrNoAnswer):
		return said{worded(textNoAnswer, lang, err), err}
	}
	return err
}

// plain makes what a device said safe to print: no control characters reach the terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
