package hall

import "time"

// Lane names one of the two sequences of a hall's journal.
type Lane uint8

// The lanes.
const (
	Facts    Lane = 1
	Readings Lane = 2
)

// String gives the lane's name as topics and metrics spell it.
func (l Lane) String() string {
	switch l {
	case Facts:
		return "facts"
	case Readings:
		return "readings"
	}
	return "unknown"
}

// Mark says how far a record's time can be trusted.
type Mark uint8

// The marks of a time.
const (
	Sure      Mark = 0 // taken from a clock that was right
	Unsure    Mark = 1 // taken before the gateway's clock was known to be right; never leaves the hall
	Corrected Mark = 2 // was unsure, corrected when the clock became right
	Estimated Mark = 3 // from a boot whose clock never became right: an upper bound
)

// Stamp is when the gateway saw something.
type Stamp struct {
	Wall time.Time     `cbor:"1,keyasint" json:"wall"` // whole microseconds, UTC
	Boot uint32        `cbor:"2,keyasint" json:"boot"` // counts the starts of the gateway's program
	Mono time.Duration `cbor:"3,keyasint" json:"mono"` // since that start, monotonic
	Mark Mark          `cbor:"4,keyasint,omitempty" json:"mark,omitempty"`
}

// FactKind says which body a fact carries.
type FactKind uint8

// The kinds of fact. Numbers are on the wire: never reuse one.
const (
	KindTicket  FactKind = 1
	KindCall    FactKind = 2
	KindInvite  FactKind = 3
	KindRating  FactKind = 4
	KindPunch   FactKind = 5
	KindPassage FactKind = 6
	KindDevice  FactKind = 7
	KindGap     FactKind = 8
	KindClock   FactKind = 9
	KindRefusal FactKind = 10
	KindRecount FactKind = 11
)

var kindNames = map[FactKind]string{
	KindTicket: "ticket", KindCall: "call", KindInvite: "invite", KindRating: "rating", KindPunch: "punch",
	KindPassage: "passage", KindDevice: "device", KindGap: "gap", KindClock: "clock", KindRefusal: "refusal",
	KindRecount: "recount",
}

// String gives the kind's name, "unknown" for a number of a later version.
func (k FactKind) String() string {
	if n, ok := kindNames[k]; ok {
		return n
	}
	return "unknown"
}

// Fact is one thing that happened, as its device said it. Exactly the body that Kind names is set.
// Seq is given by the journal; (epoch, Seq) is the fact's identity everywhere.
type Fact struct {
	Seq     uint64        `cbor:"-" json:"seq"`
	Kind    FactKind      `cbor:"1,keyasint" json:"kind"`
	At      Stamp         `cbor:"2,keyasint" json:"at"`
	Device  DeviceID      `cbor:"3,keyasint,omitempty" json:"device,omitempty"`
	Raw     []byte        `cbor:"4,keyasint,omitempty" json:"raw,omitempty"` // what the device said, as it said it
	Ticket  *TicketIssued `cbor:"10,keyasint,omitempty" json:"ticket,omitempty"`
	Call    *Call         `cbor:"11,keyasint,omitempty" json:"call,omitempty"`
	Invite  *Invite       `cbor:"12,keyasint,omitempty" json:"invite,omitempty"`
	Rating  *Rating       `cbor:"13,keyasint,omitempty" json:"rating,omitempty"`
	Punch   *Punch        `cbor:"14,keyasint,omitempty" json:"punch,omitempty"`
	Passage *Passage      `cbor:"15,keyasint,omitempty" json:"passage,omitempty"`
	Change  *DeviceChange `cbor:"16,keyasint,omitempty" json:"change,omitempty"`
	Gap     *Gap          `cbor:"17,keyasint,omitempty" json:"gap,omitempty"`
	Clock   *ClockStep    `cbor:"18,keyasint,omitempty" json:"clock,omitempty"`
	Refusal *Refusal      `cbor:"19,keyasint,omitempty" json:"refusal,omitempty"`
	Recount *Recount      `cbor:"20,keyasint,omitempty" json:"recount,omitempty"`
}

// TicketIssued: the dispenser printed a ticket.
type TicketIssued struct {
	Number   string     `cbor:"1,keyasint" json:"number"`                       // as displayed, e.g. A012; wraps within a day
	Category CategoryID `cbor:"2,keyasint,omitempty" json:"category,omitempty"` // by the printed text, else by the prefix; empty: unknown
	Text     string     `cbor:"3,keyasint,omitempty" json:"text,omitempty"`     // category as printed
	Ahead    int        `cbor:"4,keyasint" json:"ahead"`                        // people ahead as printed; -1: not printed
}

// Call: a display showed a number for a window.
type Call struct {
	Number string   `cbor:"1,keyasint" json:"number"`
	Window WindowID `cbor:"2,keyasint" json:"window"`
}

// Invite: the keypad of a window was told to ask for a rating, so the service of Number ended.
type Invite struct {
	Number string   `cbor:"1,keyasint,omitempty" json:"number,omitempty"`
	Window WindowID `cbor:"2,keyasint" json:"window"`
}

// Rating: a key was pressed. Level is 5 (非常满意) to 1 (非常不满意). Seq is the keypad's own counter.
type Rating struct {
	Window WindowID `cbor:"1,keyasint" json:"window"`
	Level  int      `cbor:"2,keyasint" json:"level"`
	Seq    uint32   `cbor:"3,keyasint" json:"seq"`
}

// Punch: a terminal recorded a person. DeviceTime is kept as the terminal wrote it, At is its interpretation.
// (Serial, PIN, DeviceTime, Status, Verify) is its natural key: terminals send punches again.
type Punch struct {
	Serial     string        `cbor:"1,keyasint" json:"serial"`
	PIN        StaffNo       `cbor:"2,keyasint" json:"pin"`
	DeviceTime string        `cbor:"3,keyasint" json:"device_time"`
	At         time.Time     `cbor:"4,keyasint" json:"at"`
	Skew       time.Duration `cbor:"5,keyasint,omitempty" json:"skew,omitempty"` // device clock minus gateway clock, when last seen
	Status     int           `cbor:"6,keyasint" json:"status"`
	Verify     int           `cbor:"7,keyasint" json:"verify"`
	Workcode   string        `cbor:"8,keyasint,omitempty" json:"workcode,omitempty"`
}

// Direction of a passage through a beam pair.
type Direction int8

// The directions.
const (
	In        Direction = 1
	Out       Direction = -1
	Ambiguous Direction = 0 // both beams broke at once: counted, without direction
)

// Passage: one person crossed into or out of a zone.
type Passage struct {
	Zone      ZoneID    `cbor:"1,keyasint" json:"zone"`
	Direction Direction `cbor:"2,keyasint" json:"direction"`
}

// Health of a device, from evidence the device gave.
type Health uint8

// The states of a device.
const (
	HealthUnknown  Health = 0
	HealthOK       Health = 1
	HealthDegraded Health = 2
	HealthStuck    Health = 3
	HealthDown     Health = 4
)

var healthNames = [...]string{"unknown", "ok", "degraded", "stuck", "down"}

// String gives the health's name as the API spells it.
func (h Health) String() string {
	if int(h) < len(healthNames) {
		return healthNames[h]
	}
	return "unknown"
}

// ParseHealth reads a name of the API; ok is false for any other word.
func ParseHealth(s string) (h Health, ok bool) {
	for i, n := range healthNames {
		if n == s {
			return Health(i), true
		}
	}
	return HealthUnknown, false
}

// Reason says why a device is in its state, as a code with arguments; message catalogues turn it into words.
type Reason struct {
	Code   string `cbor:"1,keyasint" json:"code"`                       // e.g. silent, open_failed, read_failed, babble, black, frozen, covered, unreachable, clock_skew, beam_stuck
	Detail string `cbor:"2,keyasint,omitempty" json:"detail,omitempty"` // the evidence, e.g. the error's text
}

// DeviceChange: a device's health changed.
type DeviceChange struct {
	From   Health `cbor:"1,keyasint" json:"from"`
	To     Health `cbor:"2,keyasint" json:"to"`
	Reason Reason `cbor:"3,keyasint" json:"reason"`
}

// Gap: from From to To the gateway read no device. What dumb devices said meanwhile is not known.
// Its bounds are on the wall clock of the fact's own stamp and are corrected with it.
type Gap struct {
	From   time.Time `cbor:"1,keyasint" json:"from"`
	To     time.Time `cbor:"2,keyasint" json:"to"`
	Reason string    `cbor:"3,keyasint" json:"reason"` // restart, lost_records
}

// ClockStep: from here on the gateway's clock is right; records of the same boot with a smaller Mono were Delta behind.
type ClockStep struct {
	Delta  time.Duration `cbor:"1,keyasint" json:"delta"`
	Source string        `cbor:"2,keyasint" json:"source"` // hub, system
}

// Refusal: something a device said, or a record, was set aside with its reason.
type Refusal struct {
	Where  string `cbor:"1,keyasint" json:"where"`
	Reason string `cbor:"2,keyasint" json:"reason"`
	Count  int    `cbor:"3,keyasint" json:"count"` // how many were set aside since the last such fact
}

// Recount: the people of a zone were counted anew, in and out having drifted apart: recorded, never done silently.
type Recount struct {
	Zone   ZoneID `cbor:"1,keyasint" json:"zone"`
	From   int    `cbor:"2,keyasint" json:"from"` // in minus out until now
	To     int    `cbor:"3,keyasint" json:"to"`
	Reason string `cbor:"4,keyasint" json:"reason"` // closing
}

// Metric names a measured quantity; the unit is part of the name, as Prometheus spells it.
type Metric string

// Metrics every hall reports.
const (
	MetricWaiting     Metric = "waiting_people"        // Part: category, "" for the hall
	MetricLongestWait Metric = "longest_wait_seconds"  // Part: category, "" for the hall
	MetricPeople      Metric = "people"                // Part: zone, "" for the hall
	MetricOpenWindows Metric = "open_windows"          //
	MetricPresent     Metric = "staff_present"         //
	MetricReadSeconds Metric = "read_duration_seconds" // Device
	MetricLuminance   Metric = "picture_luminance"     // Device; 0 to 255
	MetricSkew        Metric = "clock_skew_seconds"    // Device
)

// Metrics that devices measure; all have a Device. Part is a zone where one is named, else a channel of the device or empty.
// A truth is 1 or 0.
const (
	MetricCounted     Metric = "people_counted"        // Part: zone; an absolute count, not passages
	MetricPresence    Metric = "presence"              // Part: zone; somebody is there, however many
	MetricQueueLength Metric = "queue_people"          // Part: zone; people in a line, by a queue camera
	MetricMotion      Metric = "motion"                // truth
	MetricCO2         Metric = "carbon_dioxide_ppm"    //
	MetricTemperature Metric = "temperature_celsius"   //
	MetricHumidity    Metric = "humidity_percent"      // relative
	MetricPressure    Metric = "pressure_pascals"      //
	MetricIlluminance Metric = "illuminance_lux"       //
	MetricOpen        Metric = "contact_open"          // truth; Part: channel
	MetricSmoke       Metric = "smoke"                 // truth
	MetricOn          Metric = "switched_on"           // truth; lights, sockets; Part: channel
	MetricPower       Metric = "power_watts"           // Part: channel
	MetricBattery     Metric = "battery_percent"       //
	MetricLinkQuality Metric = "link_quality"          // of a radio device, 0 to 255
	MetricRoundTrip   Metric = "round_trip_seconds"    // of the way to a machine
	MetricPaperLow    Metric = "paper_low"             // truth
	MetricSupply      Metric = "supply_percent"        // Part: the supply, as the printer names it
	MetricOnBattery   Metric = "ups_on_battery"        // truth
	MetricLoad        Metric = "ups_load_percent"      //
	MetricRuntime     Metric = "ups_runtime_seconds"   // left on battery
	MetricPortsUp     Metric = "ports_up"              // of a switch, linked
	MetricUptime      Metric = "device_uptime_seconds" // since its own start
)

// Series identifies a series of readings inside a hall.
type Series struct {
	Metric Metric   `cbor:"1,keyasint" json:"metric"`
	Device DeviceID `cbor:"2,keyasint,omitempty" json:"device,omitempty"`
	Part   string   `cbor:"3,keyasint,omitempty" json:"part,omitempty"` // zone, category or window
}

// Reading is one measured value. At is a whole number of milliseconds.
type Reading struct {
	Seq    uint64
	Series Series
	At     time.Time
	Boot   uint32
	Mono   time.Duration // for the correction of At inside the hall; not sent
	Value  float64
}
