package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hallpulse/dashboards/words"
	"hallpulse/edge/control"
	"hallpulse/hall"
)

// neverAnswered is what an order ends with that the terminal did not answer; terminals also refuse with it.
const neverAnswered = -1003

// terminal is the technician's hand on the attendance terminals of a gateway that runs here.
func (t *tool) terminal(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return t.wrong(textTerminalUsage)
	}
	f := t.flags("terminal " + args[0])
	a := askFlags(f)
	r := control.Request{Do: control.ListTerminals}
	n := 0
	switch args[0] {
	case "list":
	case "order":
		r.Do, n = control.GiveOrder, 2
		f.StringVar(&r.From, "from", "", "begin of a query or verify, on the terminal's clock (起始时间)")
		f.StringVar(&r.To, "to", "", "its end; a day is whole (结束时间)")
	case "acknowledge":
		r.Do, n = control.Acknowledge, 1
	default:
		return t.wrong(textTerminalUsage)
	}
	rest, err := wordsOf(f, args[1:])
	if err != nil {
		return err
	}
	if len(rest) != n {
		return t.wrong(textTerminalUsage)
	}
	for i, to := range []*string{&r.Serial, &r.Kind}[:n] {
		if *to = rest[i]; *to == "" {
			return t.wrong(textTerminalUsage)
		}
	}
	got, err := a.ask(ctx, r)
	if err != nil {
		return err
	}
	printed{t, a.lang.String()}.terminals(r, got)
	return nil
}

// terminals prints what became of a request.
func (p printed) terminals(r control.Request, got control.Answer) {
	switch r.Do {
	case control.Acknowledge:
		p.line(textAcknowledged, plain(r.Serial))
		return
	case control.GiveOrder:
		p.line(textOrdered, r.Kind, plain(r.Serial))
		for _, t := range got.Terminals {
			if t.Health == hall.HealthDown.String() || t.LastSeen.IsZero() {
				p.line(textOrderedAway)
			}
		}
		return
	}
	if len(got.Terminals) == 0 {
		p.line(textNoTerminals)
		return
	}
	p.line(textAsOf, got.AsOf.Format(time.DateTime))
	for _, t := range got.Terminals {
		p.one(t)
	}
}

// one prints a terminal.
func (p printed) one(t control.Terminal) {
	p.line(textTerminal, plain(t.Serial), plain(t.Name.In(p.lang)), t.Device, p.health(t.Health, t.Reason))
	p.line(textAbout, p.orUnknown(plain(t.Firmware)), p.count(t.Users), p.count(t.Records))
	p.line(textClock, p.clock(t.Skew))
	last := textNever.In(p.lang)
	if !t.LastSeen.IsZero() {
		last = t.LastSeen.Format(time.DateTime)
	}
	p.line(textLast, last)
	switch t.Tamper {
	case control.TamperOpened:
		p.line(textOpenedCase, plain(t.OpenedAt), plain(t.Serial))
	case control.TamperUnknown:
		p.line(textCaseUnknown)
	}
	p.line(textPending, t.Waiting)
	for _, r := range t.Results {
		p.result(r)
	}
}

// result prints what became of an order.
func (p printed) result(r control.Result) {
	word := textWaits.In(p.lang)
	switch {
	case r.Done && r.Code == 0:
		word = textDone.In(p.lang)
	case r.Done && r.Code == neverAnswered:
		word = worded(textNever1003, p.lang, r.Code)
	case r.Done:
		word = worded(textRefusedBy, p.lang, r.Code)
	}
	if r.Done && r.Code == 0 && strings.HasPrefix(r.Command, "VERIFY ") {
		word += "  " + worded(textCounted, p.lang, r.Sum)
	}
	if !r.At.IsZero() {
		word += "  " + r.At.Format(time.DateTime)
	}
	p.line(textOrder, plain(r.ID), plain(strings.ReplaceAll(r.Command, "\t", "  ")), word)
	for line := range strings.Lines(r.Text) {
		if line = strings.TrimSpace(line); line != "" {
			p.say("        %s\n", plain(line))
		}
	}
}

// health words how a device is and why.
func (p printed) health(health string, why hall.Reason) string {
	text := textsHealth[health].In(p.lang)
	if why.Code == "" {
		return text
	}
	reason := why.Code
	if list, err := words.Load(p.lang); err == nil && list["reason."+why.Code] != "" {
		reason = list["reason."+why.Code]
	}
	if why.Detail != "" {
		reason += " (" + plain(why.Detail) + ")"
	}
	return text + "  " + reason
}

func (p printed) orUnknown(s string) string {
	if s == "" {
		return textNotKnown.In(p.lang)
	}
	return s
}

func (p printed) count(n int) string {
	if n < 0 {
		return textNotKnown.In(p.lang)
	}
	return strconv.Itoa(n)
}

// clock words how far a clock is off.
func (p printed) clock(skew *float64) string {
	if skew == nil {
		return textNotKnown.In(p.lang)
	}
	off := time.Duration(*skew * float64(time.Second)).Round(time.Second)
	switch {
	case off == 0:
		return textClockRight.In(p.lang)
	case off < 0:
		return worded(textSlow, p.lang, fmt.Sprint(-off))
	}
	return worded(textFast, p.lang, fmt.Sprint(off))
}
