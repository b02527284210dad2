package dispenser

import (
	"strings"

	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

// category finds what a ticket is for: by what is printed on it, else by the prefix of its number.
func (r *reader) category(t escpos.Ticket) hall.CategoryID {
	if id := r.byText(strings.TrimSpace(t.Category)); id != "" {
		return id
	}
	return r.byPrefix(t.Number)
}

// byText finds the category whose name the text is, else the one with the longest name in it: tickets print 综合业务（A区）.
func (r *reader) byText(text string) (id hall.CategoryID) {
	text = strings.ToLower(text)
	longest := 0
	for _, c := range r.categories {
		for _, name := range []string{c.Name.ZH, c.Name.EN} {
			name = strings.ToLower(strings.TrimSpace(name))
			switch {
			case name == "":
			case name == text:
				return c.ID
			case len(name) > longest && strings.Contains(text, name):
				id, longest = c.ID, len(name)
			}
		}
	}
	return id
}

// byPrefix finds the category whose prefix stands before the number's digits.
func (r *reader) byPrefix(number string) (id hall.CategoryID) {
	letters := strings.TrimRight(number, "0123456789")
	for _, c := range r.categories {
		if c.Prefix != "" && c.Prefix == letters {
			return c.ID
		}
	}
	longest := 0
	for _, c := range r.categories { // a prefix of digits: 2001
		if n := len(c.Prefix); n > longest && n < len(number) && strings.HasPrefix(number, c.Prefix) {
			id, longest = c.ID, n
		}
	}
	return id
}
