package load

import (
	"fmt"
	"math/rand/v2"
	"time"

	"hallpulse/hall"
)

// factEvery is the time between two facts of a busy hall.
const factEvery = 4 * time.Second

const (
	windows = 6
	numbers = 1000 // ticket numbers of a category before they begin again
)

// Visits makes the facts of visitors, one after the other: through the door, a ticket, called, served, a rating, out.
type Visits struct {
	rnd  *rand.Rand
	at   time.Time
	mono time.Duration
	boot uint32
	made int
}

// NewVisits begins at start. The same seed gives the same facts.
func NewVisits(seed uint64, boot uint32, start time.Time) *Visits {
	return &Visits{rnd: rand.New(rand.NewPCG(seed, 3)), at: start.Truncate(time.Microsecond), mono: time.Hour, boot: boot}
}

// Next gives the next fact.
func (v *Visits) Next() hall.Fact {
	f := hall.Fact{At: hall.Stamp{Wall: v.at.UTC(), Boot: v.boot, Mono: v.mono}}
	visitor, step := v.made/6, v.made%6
	window := hall.WindowID(fmt.Sprintf("w%d", visitor%windows+1))
	number := fmt.Sprintf("A%03d", visitor%numbers)
	keypad := hall.DeviceID("keypad-" + window)
	switch step {
	case 0, 5:
		f.Kind, f.Device, f.Passage = hall.KindPassage, "door", &hall.Passage{Zone: "waiting", Direction: hall.In}
		if step == 5 {
			f.Passage.Direction = hall.Out
		}
		f.Raw = []byte(fmt.Sprint(f.Passage.Direction))
	case 1:
		f.Kind, f.Device, f.Ticket = hall.KindTicket, "dispenser", &hall.TicketIssued{Number: number, Category: "social", Text: "社保医保", Ahead: v.rnd.IntN(9)}
		f.Raw = v.raw(64)
	case 2:
		f.Kind, f.Device, f.Call = hall.KindCall, "display", &hall.Call{Number: number, Window: window}
		f.Raw = v.raw(14)
	case 3:
		f.Kind, f.Device, f.Invite = hall.KindInvite, keypad, &hall.Invite{Number: number, Window: window}
		f.Raw = v.raw(12)
	case 4:
		f.Kind, f.Device, f.Rating = hall.KindRating, keypad, &hall.Rating{Window: window, Level: 1 + v.rnd.IntN(5), Seq: uint32(visitor)}
		f.Raw = v.raw(9)
	}
	v.made++
	v.at, v.mono = v.at.Add(factEvery), v.mono+factEvery
	return f
}

// raw stands for what the device said.
func (v *Visits) raw(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v.rnd.Uint32())
	}
	return b
}
