package conf

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"hallpulse/hall"
)

// Problem is one mistake in a file.
type Problem struct {
	File         string
	Line, Column int    // from 1; 0: not known
	Path         string // e.g. devices[2].port
	Value        string // as written, shortened; secrets are redacted
	Message      hall.Text
	Mend         hall.Text // what to do about it; may be empty
}

// In gives the problem in lang ("zh" or "en") on one line.
func (p Problem) In(lang string) string { return p.where() + p.what(lang) }

// Error gives the problem in both languages, Chinese first, on one line.
func (p Problem) Error() string { return p.where() + p.what("zh") + " | " + p.what("en") }

func (p Problem) where() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path)
		if p.Value != "" {
			fmt.Fprintf(&b, " = %q", p.Value)
		}
		b.WriteString(": ")
	}
	return b.String()
}

func (p Problem) what(lang string) string {
	s := p.Message.In(lang)
	if mend := p.Mend.In(lang); mend != "" {
		if lang == "zh" {
			return s + "；" + mend
		}
		return s + "; " + mend
	}
	return s
}

// TextError is an error in both languages. An UnmarshalText that returns one, however wrapped, has it shown as it is.
type TextError hall.Text

// Error gives the error in English.
func (e TextError) Error() string { return hall.Text(e).In("en") }

// inBoth gives the text of an error.
func inBoth(err error) hall.Text {
	var t TextError
	if errors.As(err, &t) {
		return hall.Text(t)
	}
	return hall.Text{ZH: err.Error(), EN: err.Error()}
}

// Errors is every mistake in a file, in the order of its lines.
type Errors []Problem

// Error gives one line for each problem, in both languages.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// In gives one line for each problem in lang ("zh" or "en").
func (e Errors) In(lang string) string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.In(lang)
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the problems one by one, for errors.As.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, p := range e {
		out[i] = p
	}
	return out
}

// sorted gives at most MaxProblems problems by line; the last one tells how many more there are.
func (e Errors) sorted() Errors {
	e = slices.Clone(e)
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if more := len(e) - MaxProblems; more > 0 {
		e = append(e[:MaxProblems:MaxProblems], Problem{File: e[0].File, Message: say("more", more)})
	}
	return e
}

// maxShown is how many bytes of a value a problem shows.
const maxShown = 60

func shorten(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxShown {
		return s
	}
	n := maxShown
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
