package escpos

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// Causes why a document is no ticket, for errors.Is.
var (
	ErrNoNumber   = errors.New("escpos: no ticket number")
	ErrTwoNumbers = errors.New("escpos: more than one ticket number")
)

// Ticket is what a ticket document says.
type Ticket struct {
	Number   string
	Category string // as printed; empty: not found
	Ahead    int    // people waiting before; -1: not printed
}

// ReadTicket reads a document by a layout. A document without a number is an [ErrNoNumber]: a report, a test page. One with
// two numbers that are printed alike is an [ErrTwoNumbers]: nobody can say which was issued, so both are left to a person.
func ReadTicket(d Document, l Layout) (Ticket, error) {
	r := reader{l: &l}
	for _, line := range d.Lines {
		r.lines = append(r.lines, text{Line: line, plain: plain(line.Text)})
	}
	at, err := r.number()
	if err != nil {
		return Ticket{Ahead: -1}, err
	}
	return Ticket{Number: at.number, Category: r.category(at), Ahead: r.ahead()}, nil
}

// reader reads one document.
type reader struct {
	l     *Layout
	lines []text
}

// text is a line with what is compared: the same with plain letters and digits.
type text struct {
	Line
	plain string
}

// plain makes full-width letters, digits and signs plain.
func plain(s string) string { return strings.TrimSpace(width.Fold.String(s)) }

// found is a number and where it stands.
type found struct {
	number string
	line   int
	rank   int // of the pattern; the smallest counts
	size   int // of the print; the largest counts
	rest   string
}

// better says whether a is the ticket's number rather than b.
func (a found) better(b found) bool { return a.rank < b.rank || a.rank == b.rank && a.size > b.size }

// number finds the ticket's number.
func (r *reader) number() (found, error) {
	best, second := found{line: -1}, ""
	for i, line := range r.lines {
		f, ok := r.numberIn(i, line)
		switch {
		case !ok || (best.line >= 0 && best.better(f)):
		case best.line < 0 || f.better(best):
			best, second = f, ""
		case f.number != best.number:
			second = f.number
		}
	}
	switch {
	case best.line < 0:
		return best, ErrNoNumber
	case second != "":
		return best, fmt.Errorf("%w: %s and %s", ErrTwoNumbers, best.number, second)
	}
	return best, nil
}

func (r *reader) numberIn(i int, line text) (f found, ok bool) {
	if matches(r.l.NotNumber, line.plain) {
		return f, false
	}
	for rank, p := range r.l.Number {
		if m := p.FindStringSubmatchIndex(line.plain); len(m) >= 4 && m[2] >= 0 {
			return found{line.plain[m[2]:m[3]], i, rank, line.Width * line.Height, line.plain[m[3]:]}, true
		}
	}
	return f, false
}

// ahead finds how many people wait before.
func (r *reader) ahead() int {
	for _, line := range r.lines {
		for _, p := range r.l.Ahead {
			if m := p.FindStringSubmatch(line.plain); len(m) > 1 {
				if n, err := strconv.Atoi(m[1]); err == nil && n >= 0 {
					return n
				}
			}
		}
		if matches(r.l.Nobody, line.plain) {
			return 0
		}
	}
	return -1
}

// near is how many lines behind the number may hold the category.
const near = 3

// category finds the printed category: with its label, behind the number, or below it.
func (r *reader) category(at found) string {
	for _, line := range r.lines {
		for _, p := range r.l.Category {
			if m := p.FindStringSubmatch(line.Text); len(m) > 1 && strings.TrimSpace(m[1]) != "" {
				return strings.TrimSpace(m[1])
			}
		}
	}
	if rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(at.rest), "号")); r.isCategory(rest) {
		return rest
	}
	below := r.lines[at.line+1:]
	for _, line := range below[:min(near, len(below))] {
		if !strings.Contains(line.plain, at.number) && r.isCategory(line.Text) {
			return line.Text
		}
	}
	return ""
}

// isCategory says whether a text may be one. Noise is none.
func (r *reader) isCategory(s string) bool {
	return s != "" && !strings.ContainsRune(s, '\uFFFD') && !matches(r.l.NotCategory, plain(s))
}
