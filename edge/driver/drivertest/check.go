package drivertest

import (
	"fmt"

	"hallpulse/hall"
)

// bodies gives the kinds whose body f has.
func bodies(f hall.Fact) (out []hall.FactKind) {
	for kind, has := range map[hall.FactKind]bool{
		hall.KindTicket: f.Ticket != nil, hall.KindCall: f.Call != nil, hall.KindInvite: f.Invite != nil, hall.KindRating: f.Rating != nil,
		hall.KindPunch: f.Punch != nil, hall.KindPassage: f.Passage != nil, hall.KindDevice: f.Change != nil, hall.KindGap: f.Gap != nil,
		hall.KindClock: f.Clock != nil, hall.KindRefusal: f.Refusal != nil, hall.KindRecount: f.Recount != nil,
	} {
		if has {
			out = append(out, kind)
		}
	}
	return out
}

// Check says what is wrong with the form of a fact that a driver gave to its sink: exactly the body of its kind, what the
// device said, and nothing that is the sink's to fill in.
func Check(f hall.Fact) error {
	has := bodies(f)
	switch {
	case len(has) != 1 || has[0] != f.Kind:
		return fmt.Errorf("drivertest: a fact of kind %s with bodies %v", f.Kind, has)
	case len(f.Raw) == 0:
		return fmt.Errorf("drivertest: a %s fact without what the device said", f.Kind)
	case f.Device != "" || f.Seq != 0 || f.At != (hall.Stamp{}):
		return fmt.Errorf("drivertest: a %s fact with a device, number or time of the driver", f.Kind)
	}
	return nil
}
