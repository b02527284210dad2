package web

import (
	"time"

	"hallpulse/hall"
	"hallpulse/hub/live"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
	"hallpulse/hub/web/present"
)

// The API spells hall's types by their own names; here are the few fields that differ: states as words, durations as
// seconds. A field declared here hides the one of the embedded type.

// list is every answer that holds rows. Next continues it.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func rows[T any](items []T, next string) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{items, next}
}

type viewJSON struct {
	live.View
	State stateJSON     `json:"state"`
	Level present.Level `json:"level"`
}

type stateJSON struct {
	hall.State
	Queue   queueJSON   `json:"queue"`
	Devices devicesJSON `json:"devices"`
	Gateway gatewayJSON `json:"gateway"`
}

type queueJSON struct {
	hall.QueueState
	WaitSum float64 `json:"wait_sum"` // seconds
	WaitMax float64 `json:"wait_max"` // seconds
}

type devicesJSON struct {
	Devices []deviceJSON `json:"devices"`
}

type deviceJSON struct {
	hall.DeviceState
	Health string `json:"health"`
}

type gatewayJSON struct {
	hall.GatewayState
	ClockMark string `json:"clock_mark"`
}

var markNames = [...]string{"sure", "unsure", "corrected", "estimated"}

func markName(m hall.Mark) string {
	if int(m) < len(markNames) {
		return markNames[m]
	}
	return "unknown"
}

func (s *Server) viewJSON(v live.View) viewJSON {
	st := stateJSON{
		State:   v.State,
		Queue:   queueJSON{v.State.Queue, v.State.Queue.WaitSum.Seconds(), v.State.Queue.WaitMax.Seconds()},
		Devices: devicesJSON{Devices: []deviceJSON{}},
		Gateway: gatewayJSON{v.State.Gateway, markName(v.State.Gateway.ClockMark)},
	}
	for _, d := range v.State.Devices.Devices {
		st.Devices.Devices = append(st.Devices.Devices, deviceJSON{d, d.Health.String()})
	}
	return viewJSON{View: v, State: st, Level: s.show.Verdict(v, s.o.Now()).Level}
}

// deviceRow is a device with its hall: what is configured and what is known of it.
type deviceRow struct {
	Hall hall.HallID `json:"hall"`
	Link live.Link   `json:"link"`
	hall.Device
	State deviceJSON `json:"state"`
}

type ticketJSON struct {
	store.TicketRow
	Outcome string `json:"outcome"`
	Mark    string `json:"mark"`
}

type ratingJSON struct {
	store.RatingRow
	Mark string `json:"mark"`
}

type punchJSON struct {
	store.PunchRow
	Punch punchBody `json:"punch"`
	Mark  string    `json:"mark"`
}

type punchBody struct {
	hall.Punch
	Skew float64 `json:"skew"` // seconds
}

type passageJSON struct {
	store.PassageRow
	Mark string `json:"mark"`
}

// gapJSON is a stretch in which a hall's gateway read nothing.
type gapJSON struct {
	Hall   hall.HallID `json:"hall"`
	Epoch  uint64      `json:"epoch"`
	Seq    uint64      `json:"seq"`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Reason string      `json:"reason"`
	Mark   string      `json:"mark"`
}

func ticketOf(r store.TicketRow) ticketJSON {
	return ticketJSON{r, r.Outcome.String(), markName(r.Mark)}
}

func ratingOf(r store.RatingRow) ratingJSON { return ratingJSON{r, markName(r.Mark)} }

func punchOf(r store.PunchRow) punchJSON {
	return punchJSON{r, punchBody{r.Punch, r.Punch.Skew.Seconds()}, markName(r.Mark)}
}

func passageOf(r store.PassageRow) passageJSON { return passageJSON{r, markName(r.Mark)} }

// seriesAnswer is the answer of /series.
type seriesAnswer struct {
	Hall   hall.HallID     `json:"hall"`
	Metric hall.Metric     `json:"metric"`
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
	Step   float64         `json:"step"` // seconds
	Series []series.Result `json:"series"`
}

// refusalJSON is something that was turned away.
type refusalJSON struct {
	What   string    `json:"what"`
	Who    string    `json:"who"`
	Remote string    `json:"remote,omitempty"`
	Topic  string    `json:"topic,omitempty"`
	Reason string    `json:"reason"`
	Count  uint64    `json:"count"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

func refusalOf(r store.Refusal) refusalJSON { return refusalJSON(r) }
