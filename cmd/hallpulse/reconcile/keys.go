package reconcile

import (
	"fmt"
	"time"

	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
	"hallpulse/hub/store"
)

// factTime is the time of a fact that its cause also has: a punch happened when its terminal says.
func factTime(f *store.FactRow) time.Time {
	if f.Punch != nil {
		return f.Punch.At
	}
	return f.At.Wall
}

// factKey gives what identifies a stored event, and the fields that must not have changed on the way.
func factKey(f *store.FactRow) (key, rest string) {
	at := fmt.Sprintf("%s/%s", f.Hall, f.Device)
	switch {
	case f.Ticket != nil:
		return at + "/" + f.Ticket.Number, fmt.Sprintf("category=%s ahead=%d", f.Ticket.Category, f.Ticket.Ahead)
	case f.Call != nil:
		return at + "/" + f.Call.Number, fmt.Sprintf("window=%s", f.Call.Window)
	case f.Invite != nil:
		return at + "/" + f.Invite.Number, fmt.Sprintf("window=%s", f.Invite.Window)
	case f.Rating != nil:
		return fmt.Sprintf("%s/%d", at, f.Rating.Seq), fmt.Sprintf("level=%d window=%s", f.Rating.Level, f.Rating.Window)
	case f.Punch != nil:
		p := f.Punch
		return fmt.Sprintf("%s/%s/%s/%s", at, p.Serial, p.PIN, p.DeviceTime), fmt.Sprintf("status=%d verify=%d", p.Status, p.Verify)
	case f.Passage != nil:
		return fmt.Sprintf("%s/%d", at, f.Passage.Direction), fmt.Sprintf("zone=%s", f.Passage.Zone)
	}
	return at, ""
}

// truthKey is factKey for the cause.
func truthKey(e *truth.Event) (key, rest string) {
	at := fmt.Sprintf("%s/%s", e.Hall, e.Device)
	switch e.Kind {
	case hall.KindTicket.String():
		return at + "/" + e.Number, fmt.Sprintf("category=%s ahead=%d", e.Category, e.Ahead)
	case hall.KindCall.String(), hall.KindInvite.String():
		return at + "/" + e.Number, fmt.Sprintf("window=%s", e.Window)
	case hall.KindRating.String():
		return fmt.Sprintf("%s/%d", at, e.Seq), fmt.Sprintf("level=%d window=%s", e.Level, e.Window)
	case hall.KindPunch.String():
		return fmt.Sprintf("%s/%s/%s/%s", at, e.Serial, e.PIN, e.DeviceTime), fmt.Sprintf("status=%d verify=%d", e.Status, e.Verify)
	case hall.KindPassage.String():
		return fmt.Sprintf("%s/%d", at, e.Direction), fmt.Sprintf("zone=%s", e.Zone)
	}
	return at, ""
}
