package live

import (
	"time"

	"hallpulse/hall"
)

// Link says how the county hears a hall.
type Link string

// The states of a hall's link.
const (
	LinkOnline  Link = "online"
	LinkLate    Link = "late"    // nothing heard for LateAfter: figures are shown "as of"
	LinkLost    Link = "lost"    // last will, or nothing heard for LostAfter
	LinkNever   Link = "unknown" // enrolled, never heard
	LinkRetired Link = "retired" // its credential was taken away for good: nobody waits for it
)

// How long silence takes to change a link. The gateway says something at least every five seconds.
const (
	LateAfter = 8 * time.Second
	LostAfter = 15 * time.Second
)

// View is what is known of a hall now. Views are values: a reader may keep one.
type View struct {
	Desc     hall.Hall                  `json:"hall"`
	State    hall.State                 `json:"state"`
	Sections map[hall.Section]time.Time `json:"sections"` // when each section was heard, hub clock; absent: never
	Link     Link                       `json:"link"`
	LinkAt   time.Time                  `json:"link_since"`
	Heard    time.Time                  `json:"heard,omitzero"` // last message of the gateway, hub clock
}

// Event tells a subscriber that a hall changed. Section is empty when the link or the description did.
type Event struct {
	Hall    hall.HallID
	Section hall.Section
	View    View
}
