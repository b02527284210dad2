package agent

import (
	"time"

	"hallpulse/edge/driver/keypad"
	"hallpulse/hall"
)

// past is what the journal tells of the end of the run before.
type past struct {
	newest  hall.Stamp // of its last fact; zero: there is none
	ratings map[hall.DeviceID][]hall.Fact
	said    repeatables
}

// note takes a fact of the journal.
func (p *past) note(f *hall.Fact) {
	p.newest = f.At
	if p.said == nil {
		p.said = repeatables{}
	}
	p.said.note(f)
	if f.Rating == nil {
		return
	}
	if p.ratings == nil {
		p.ratings = map[hall.DeviceID][]hall.Fact{}
	}
	p.ratings[f.Device] = append(p.ratings[f.Device], hall.Fact{At: f.At, Rating: f.Rating})
}

// pressed gives the ratings of a keypad that were stored at the end of that run. A keypad that was not answered any more says
// them again, perhaps so much later that the hall's book would take them for others.
func (p *past) pressed(id hall.DeviceID) (out []hall.Rating) {
	for _, f := range p.ratings[id] {
		if p.before(&f) < keypad.RepeatTime {
			out = append(out, *f.Rating)
		}
	}
	return out
}

// before is how long before the end of that run a fact was stored.
func (p *past) before(f *hall.Fact) time.Duration {
	if f.At.Boot == p.newest.Boot { // whatever its clock did
		return p.newest.Mono - f.At.Mono
	}
	return p.newest.Wall.Sub(f.At.Wall).Abs()
}
