package dispenser

import (
	"bytes"
	"errors"
	"strings"

	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

// reader reads tickets of one hall.
type reader struct {
	categories []hall.Category
	layout     escpos.Layout
}

// ticket gives the fact that a document tells, or why it is refused; neither, for a page that is no ticket.
func (r *reader) ticket(doc escpos.Document) (f *hall.Fact, refused string) {
	t, err := escpos.ReadTicket(doc, r.layout)
	if err != nil {
		switch {
		case damaged(doc) || !errors.Is(err, escpos.ErrNoNumber):
			refused = err.Error()
		case doc.Picture: // its number may be among the dots
			refused = err.Error() + ", and part of it is a picture: let the dispenser print its tickets as text"
		}
		return nil, refused
	}
	return &hall.Fact{Kind: hall.KindTicket, Raw: bytes.Clone(doc.Raw),
		Ticket: &hall.TicketIssued{Number: t.Number, Category: r.category(t), Text: t.Category, Ahead: t.Ahead}}, ""
}

// damaged says whether a document may have been a ticket before something happened to it.
func damaged(doc escpos.Document) bool {
	for _, l := range doc.Lines {
		if strings.ContainsRune(l.Text, '\uFFFD') {
			return true
		}
	}
	return doc.Truncated
}
