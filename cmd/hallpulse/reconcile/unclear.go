package reconcile

import (
	"fmt"
	"strings"

	"hallpulse/hall"
)

// unclear gives passages that nobody stored with their direction those that were stored as ambiguous: a gateway that wakes late
// sees both beams broken at once, and says that it does not know.
func unclear(lists map[string]*list) {
	for key, l := range lists {
		for _, d := range []hall.Direction{hall.In, hall.Out} {
			door, ok := strings.CutSuffix(key, fmt.Sprintf("/%d", d))
			if !ok {
				continue
			}
			if other := lists[fmt.Sprintf("%s/%d", door, hall.Ambiguous)]; other != nil {
				other.lend(l.causes)
			}
		}
	}
}

// lend gives causes that found nothing what is left over here.
func (l *list) lend(causes []*cause) {
	for _, e := range causes {
		if e.found != nil {
			continue
		}
		for _, p := range l.near(e) {
			if p.side.cause == nil && p.side.rest == e.rest {
				e.found, p.side.cause, e.unclear = p.side, e, true
				break
			}
		}
	}
}
