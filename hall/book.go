package hall

import "time"

// Limits of the interpretation, stated once.
const (
	WindowIdle   = 30 * time.Minute // a window that called nobody for this long is closed
	InviteWindow = 60 * time.Second // a rating belongs to the service that ended at most this long before it
	NoShowCalls  = 3                // called this often and not answered: a no-show (过号)
	ReuseAfter   = 10 * time.Minute // a number never seen printed that is called this long after its service is another ticket
)

// TicketID identifies a ticket for ever: the epoch of the journal and the sequence of the fact that made it.
type TicketID struct {
	Epoch uint64 `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

// Outcome is where a ticket is in its life.
type Outcome uint8

// The outcomes of a ticket.
const (
	OutcomeWaiting Outcome = 0
	OutcomeCalled  Outcome = 1 // in service
	OutcomeServed  Outcome = 2
	OutcomeNoShow  Outcome = 3
	OutcomeExpired Outcome = 4 // the day ended before it was called
)

var outcomeNames = [...]string{"waiting", "called", "served", "no_show", "expired"}

// String gives the outcome's name as the API spells it.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}

// Ticket is what the facts about one visit were taken to mean.
type Ticket struct {
	ID       TicketID   `json:"id"`
	Number   string     `json:"number"`
	Category CategoryID `json:"category"`
	Day      string     `json:"day"`
	Issued   time.Time  `json:"issued,omitzero"` // zero: its issue was not seen (Estimated)
	Ahead    int        `json:"ahead"`
	Called   time.Time  `json:"called,omitzero"` // the call that was answered: the last one before the service
	Calls    int        `json:"calls"`
	Window   WindowID   `json:"window,omitempty"`
	Ended    time.Time  `json:"ended,omitzero"`
	Outcome  Outcome    `json:"outcome"`
	Level    int        `json:"level,omitempty"` // rating; 0: not rated
	Mark     Mark       `json:"mark,omitempty"`  // worst mark of its times
}

// RatingEntry is a counted rating with the ticket it was matched to (zero: none).
type RatingEntry struct {
	Seq    uint64    `json:"seq"`
	Device DeviceID  `json:"device"`
	Window WindowID  `json:"window"`
	Level  int       `json:"level"`
	KeySeq uint32    `json:"key_seq"`
	At     time.Time `json:"at"`
	Ticket TicketID  `json:"ticket"`
	Mark   Mark      `json:"mark,omitempty"`
}

// PunchEntry is a punch that was not a repetition.
type PunchEntry struct {
	Seq     uint64    `json:"seq"`
	Device  DeviceID  `json:"device"`
	Punch   Punch     `json:"punch"`
	Day     string    `json:"day"`
	Receive time.Time `json:"receive"`
	Mark    Mark      `json:"mark,omitempty"`
}

// PassageEntry is a counted passage.
type PassageEntry struct {
	Seq     uint64    `json:"seq"`
	Device  DeviceID  `json:"device"`
	Passage Passage   `json:"passage"`
	At      time.Time `json:"at"`
	Mark    Mark      `json:"mark,omitempty"`
}

// Changes is what one fact changed in the book: rows for the hub to upsert, sections for the gateway to send.
type Changes struct {
	Tickets  []Ticket
	Ratings  []RatingEntry
	Punches  []PunchEntry
	Passages []PassageEntry
	Devices  []DeviceEntry
	Sections []Section
}
