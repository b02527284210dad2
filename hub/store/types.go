package store

import (
	"time"

	"hallpulse/hall"
)

// Query selects rows of one kind by hall and time, page by page.
type Query struct {
	Halls  []hall.HallID // nil: every hall; empty but not nil: none
	From   time.Time     // inclusive; zero: no bound
	To     time.Time     // exclusive; zero: no bound
	Cursor string        // of the page before; empty: the first page
	Limit  int           // 1 to 1000; 0: 100
}

// Page is one page of rows, oldest first. Next is empty on the last page.
type Page[T any] struct {
	Items []T
	Next  string
}

// TicketRow, RatingRow, PunchRow and PassageRow are what facts were taken to mean, with their hall.
type (
	// TicketRow is a ticket of a hall.
	TicketRow struct {
		Hall hall.HallID `json:"hall"`
		hall.Ticket
	}
	// RatingRow is a rating of a hall. Epoch and Seq name its fact.
	RatingRow struct {
		Hall  hall.HallID `json:"hall"`
		Epoch uint64      `json:"epoch"`
		hall.RatingEntry
	}
	// PunchRow is a punch of a hall.
	PunchRow struct {
		Hall  hall.HallID `json:"hall"`
		Epoch uint64      `json:"epoch"`
		hall.PunchEntry
	}
	// PassageRow is a passage of a hall.
	PassageRow struct {
		Hall  hall.HallID `json:"hall"`
		Epoch uint64      `json:"epoch"`
		hall.PassageEntry
	}
	// FactRow is a fact as it was stored, whatever it was taken to mean.
	FactRow struct {
		Hall  hall.HallID `json:"hall"`
		Epoch uint64      `json:"epoch"`
		hall.Fact
	}
)
