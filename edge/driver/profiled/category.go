package profiled

import (
	"strings"

	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

// category finds what a ticket is for: by the text that was sent, which may be a category's id or name, else by the prefix of
// its number.
func (d *Driver) category(ev profile.Event) hall.CategoryID {
	if text := strings.TrimSpace(ev.Category); text != "" {
		for _, c := range d.o.Categories {
			if text == string(c.ID) || strings.EqualFold(text, c.Name.ZH) || strings.EqualFold(text, c.Name.EN) {
				return c.ID
			}
		}
	}
	return d.byPrefix(ev.Number)
}

// byPrefix finds the category whose prefix stands before the number's digits, else the longest that begins it.
func (d *Driver) byPrefix(number string) (id hall.CategoryID) {
	letters := strings.TrimRight(number, "0123456789")
	longest := 0
	for _, c := range d.o.Categories {
		if c.Prefix != "" && c.Prefix == letters {
			return c.ID
		}
		if n := len(c.Prefix); n > longest && n < len(number) && strings.HasPrefix(number, c.Prefix) {
			id, longest = c.ID, n
		}
	}
	return id
}
