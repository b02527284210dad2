package hall

import "time"

// Section names a part of a hall's state that is sent by itself when it changes.
type Section string

// The sections of a state.
const (
	SectionQueue    Section = "queue"
	SectionZones    Section = "zones"
	SectionDevices  Section = "devices"
	SectionStaff    Section = "staff"
	SectionRatings  Section = "ratings"
	SectionMeasures Section = "measures"
	SectionGateway  Section = "gateway"
)

// Sections lists every section, in the order pages show them.
func Sections() []Section {
	return []Section{SectionQueue, SectionZones, SectionDevices, SectionStaff, SectionRatings, SectionMeasures, SectionGateway}
}

// State is what is true in a hall now: the book's content at AsOf. Times, not ages, so that it stays true while nothing changes.
type State struct {
	Hall     HallID        `json:"hall"`
	AsOf     time.Time     `json:"as_of"`
	Queue    QueueState    `json:"queue"`
	Zones    ZonesState    `json:"zones"`
	Devices  DevicesState  `json:"devices"`
	Staff    StaffState    `json:"staff"`
	Ratings  RatingsState  `json:"ratings"`
	Measures MeasuresState `json:"measures"`
	Gateway  GatewayState  `json:"gateway"`
}

// QueueState counts the current business day.
type QueueState struct {
	Day        string          `cbor:"1,keyasint" json:"day"` // YYYY-MM-DD, local
	Waiting    int             `cbor:"2,keyasint" json:"waiting"`
	Oldest     time.Time       `cbor:"3,keyasint,omitempty,omitzero" json:"oldest,omitzero"` // issue time of the one waiting longest; zero: nobody waits
	Issued     int             `cbor:"4,keyasint" json:"issued"`
	Served     int             `cbor:"5,keyasint" json:"served"`
	NoShows    int             `cbor:"6,keyasint" json:"no_shows"`
	WaitSum    time.Duration   `cbor:"7,keyasint" json:"wait_sum"`   // over WaitCount called tickets whose issue was seen
	WaitCount  int             `cbor:"8,keyasint" json:"wait_count"` // mean = WaitSum / WaitCount; 0: no mean
	WaitMax    time.Duration   `cbor:"9,keyasint" json:"wait_max"`
	Categories []CategoryQueue `cbor:"10,keyasint,omitempty" json:"categories"`
	Windows    []WindowState   `cbor:"11,keyasint,omitempty" json:"windows"`
	Gaps       []Gap           `cbor:"12,keyasint,omitempty" json:"gaps,omitempty"`      // of the day: figures are incomplete there
	Estimated  bool            `cbor:"13,keyasint,omitempty" json:"estimated,omitempty"` // some called numbers were never seen issued, or a device hears nothing
}

// CategoryQueue is the queue of one category.
type CategoryQueue struct {
	ID      CategoryID `cbor:"1,keyasint" json:"id"`
	Waiting int        `cbor:"2,keyasint" json:"waiting"`
	Oldest  time.Time  `cbor:"3,keyasint,omitempty,omitzero" json:"oldest,omitzero"`
	Issued  int        `cbor:"4,keyasint" json:"issued"`
	Served  int        `cbor:"5,keyasint" json:"served"`
}

// WindowState is what a window does now. A window is open for WindowIdle after a call or the end of a service.
type WindowState struct {
	ID       WindowID   `cbor:"1,keyasint" json:"id"`
	Open     bool       `cbor:"2,keyasint" json:"open"`
	Serving  string     `cbor:"3,keyasint,omitempty" json:"serving,omitempty"` // number in service; empty: none
	Category CategoryID `cbor:"4,keyasint,omitempty" json:"category,omitempty"`
	Since    time.Time  `cbor:"5,keyasint,omitempty,omitzero" json:"since,omitzero"` // of the call, or of the end of the last service
	LastCall time.Time  `cbor:"6,keyasint,omitempty,omitzero" json:"last_call,omitzero"`
	Served   int        `cbor:"7,keyasint" json:"served"`
}

// ZonesState counts people by zone.
type ZonesState struct {
	Zones []ZoneState `cbor:"1,keyasint,omitempty" json:"zones"`
	Total int         `cbor:"2,keyasint" json:"total"`
}

// ZoneState is the people of one zone: what its counters see, else in minus out today, never below zero.
type ZoneState struct {
	ID        ZoneID    `cbor:"1,keyasint" json:"id"`
	People    int       `cbor:"2,keyasint" json:"people"`
	In        int       `cbor:"3,keyasint" json:"in"`
	Out       int       `cbor:"4,keyasint" json:"out"`
	Ambiguous int       `cbor:"5,keyasint,omitempty" json:"ambiguous,omitempty"`
	Last      time.Time `cbor:"6,keyasint,omitempty,omitzero" json:"last,omitzero"`
	Estimated bool      `cbor:"7,keyasint,omitempty" json:"estimated,omitempty"` // a gap, an ambiguous passage, a clamp or a deaf device today
	Counted   bool      `cbor:"8,keyasint,omitempty" json:"counted,omitempty"`   // People is what counters see, not in minus out
	Unknown   bool      `cbor:"9,keyasint,omitempty" json:"unknown,omitempty"`   // its counters are away: People means nothing
	Drift     int       `cbor:"10,keyasint,omitempty" json:"drift,omitempty"`    // people taken away by recounts today
}

// DevicesState is the health of every configured device, in configuration order.
type DevicesState struct {
	Devices []DeviceState `cbor:"1,keyasint,omitempty" json:"devices"`
}

// DeviceState is the health of one device.
type DeviceState struct {
	ID       DeviceID  `cbor:"1,keyasint" json:"id"`
	Health   Health    `cbor:"2,keyasint" json:"health"`
	Since    time.Time `cbor:"3,keyasint,omitempty,omitzero" json:"since,omitzero"`
	Reason   Reason    `cbor:"4,keyasint" json:"reason"`
	LastSeen time.Time `cbor:"5,keyasint,omitempty,omitzero" json:"last_seen,omitzero"` // last evidence from the device itself; filled by the gateway
	Refused  uint64    `cbor:"6,keyasint,omitempty" json:"refused,omitempty"`           // frames or requests set aside since start; filled by the gateway
}

// StaffState is who is in, by their last punch today.
type StaffState struct {
	Present []Presence `cbor:"1,keyasint,omitempty" json:"present"`
	Punches int        `cbor:"2,keyasint" json:"punches"`
}

// Presence is one person who is in. Halls know staff numbers only.
type Presence struct {
	Staff  StaffNo   `cbor:"1,keyasint" json:"staff"`
	Since  time.Time `cbor:"2,keyasint" json:"since"`
	Device DeviceID  `cbor:"3,keyasint" json:"device"`
}

// RatingsState counts today's ratings. Counts[0] is level 1, Counts[4] level 5.
type RatingsState struct {
	Counts [5]int    `cbor:"1,keyasint" json:"counts"`
	Last   time.Time `cbor:"2,keyasint,omitempty,omitzero" json:"last,omitzero"`
	Level  int       `cbor:"3,keyasint,omitempty" json:"level,omitempty"` // of the last one
	Window WindowID  `cbor:"4,keyasint,omitempty" json:"window,omitempty"`
}

// Total is the number of ratings today.
func (r RatingsState) Total() int {
	n := 0
	for _, c := range r.Counts {
		n += c
	}
	return n
}

// Good counts levels 5 to 3 (好评), Bad counts 2 and 1 (差评): 国办发〔2019〕51号.
func (r RatingsState) Good() int { return r.Counts[4] + r.Counts[3] + r.Counts[2] }

// Bad counts levels 2 and 1.
func (r RatingsState) Bad() int { return r.Counts[1] + r.Counts[0] }

// GatewayState is what the gateway says of itself.
type GatewayState struct {
	Boot            uint32    `cbor:"1,keyasint" json:"boot"`
	Started         time.Time `cbor:"2,keyasint" json:"started"`
	Version         string    `cbor:"3,keyasint" json:"version"`
	ClockMark       Mark      `cbor:"4,keyasint,omitempty" json:"clock_mark,omitempty"`
	FactsPending    uint64    `cbor:"5,keyasint" json:"facts_pending"`                        // journalled, not yet stored by the county
	ReadingsPending uint64    `cbor:"6,keyasint" json:"readings_pending"`                     //
	ReadingsDropped uint64    `cbor:"7,keyasint,omitempty" json:"readings_dropped,omitempty"` // oldest given up because the journal was full
	DiskFull        bool      `cbor:"8,keyasint,omitempty" json:"disk_full,omitempty"`
}
