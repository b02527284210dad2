// Package hall is the shared vocabulary of HallPulse: what a hall is made of, what can happen in it, and what is true
// in it now. It imports the standard library only; every other package may import it.
//
// The way of the data: a driver turns bytes of a device into a [Fact]; the hall's [Book] folds facts, in journal order,
// into tickets, ratings, punches and passages; a [State] is what the book holds at an instant. The gateway folds to show
// the hall live, the hub folds the same facts with the same code to keep history. There is no second interpretation.
package hall

import "time"

// Identifiers. A HallID is [a-z0-9-]{1,32}; the others are unique inside their hall.
type (
	HallID     string
	DeviceID   string
	ZoneID     string
	WindowID   string
	CategoryID string
	StaffNo    string
)

// Text is a name in the two languages of the users, Chinese first.
type Text struct {
	ZH string `cbor:"1,keyasint" json:"zh" yaml:"zh"`
	EN string `cbor:"2,keyasint,omitempty" json:"en,omitempty" yaml:"en"`
}

// In gives the text in lang ("zh" or "en"); where there is no English it gives the Chinese.
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" {
		return t.EN
	}
	return t.ZH
}

// Kind tells a township's hall from a village's station.
type Kind string

// The kinds of hall.
const (
	Center  Kind = "center"  // 便民服务中心
	Station Kind = "station" // 便民服务站
)

// ZoneRole is one of the six areas a hall must have.
type ZoneRole string

// The six areas of the guidance's annex, part 1.
const (
	Consultation ZoneRole = "consultation"
	SelfService  ZoneRole = "self_service"
	Waiting      ZoneRole = "waiting"
	Windows      ZoneRole = "windows"
	FormFilling  ZoneRole = "form_filling"
	Office       ZoneRole = "office"
)

// Hall describes one hall; the gateway sends it to the hub in its birth message.
type Hall struct {
	ID         HallID     `cbor:"1,keyasint" json:"id"`
	Name       Text       `cbor:"2,keyasint" json:"name"`
	Kind       Kind       `cbor:"3,keyasint" json:"kind"`
	Township   Text       `cbor:"4,keyasint" json:"township"`
	TimeZone   string     `cbor:"5,keyasint" json:"time_zone"` // IANA name; the business day is the hall's local day
	Zones      []Zone     `cbor:"6,keyasint" json:"zones"`
	Windows    []Window   `cbor:"7,keyasint" json:"windows"`
	Categories []Category `cbor:"8,keyasint" json:"categories"`
	Devices    []Device   `cbor:"9,keyasint" json:"devices"`
	Hours      Hours      `cbor:"10,keyasint,omitzero" json:"hours,omitzero"`
}

// Opening gives the hall's opening hours; a description without any has the usual ones.
func (h *Hall) Opening() Hours {
	if h.Hours.Open == "" {
		return DefaultHours()
	}
	return h.Hours
}

// Location gives the hall's time zone; an unknown name gives UTC+8, the zone of every hall this was made for.
func (h *Hall) Location() *time.Location {
	if loc, err := time.LoadLocation(h.TimeZone); err == nil && h.TimeZone != "" {
		return loc
	}
	return time.FixedZone("UTC+8", 8*3600)
}

// Zone is an area of the hall.
type Zone struct {
	ID   ZoneID   `cbor:"1,keyasint" json:"id"`
	Name Text     `cbor:"2,keyasint" json:"name"`
	Role ZoneRole `cbor:"3,keyasint" json:"role"`
}

// Window is a counter.
type Window struct {
	ID         WindowID     `cbor:"1,keyasint" json:"id"`
	Name       Text         `cbor:"2,keyasint" json:"name"`
	Categories []CategoryID `cbor:"3,keyasint,omitempty" json:"categories,omitempty"` // empty: any (综合窗口)
}

// Category is what a visitor comes for.
type Category struct {
	ID     CategoryID `cbor:"1,keyasint" json:"id"`
	Name   Text       `cbor:"2,keyasint" json:"name"`
	Prefix string     `cbor:"3,keyasint" json:"prefix"` // the letter of its ticket numbers
}

// Family groups devices by what they are for.
type Family string

// The families of devices.
const (
	Display     Family = "display"
	Dispenser   Family = "dispenser"
	Keypad      Family = "keypad"
	Attendance  Family = "attendance"
	Camera      Family = "camera"
	Occupancy   Family = "occupancy"
	Environment Family = "environment" // air, smoke, doors, lights
	Machine     Family = "machine"     // computers, kiosks, printers, network
)

// Families lists every family, in the order pages show them.
func Families() []Family {
	return []Family{Display, Dispenser, Keypad, Attendance, Camera, Occupancy, Environment, Machine}
}

// Device describes a device as the hall's configuration names it.
type Device struct {
	ID     DeviceID `cbor:"1,keyasint" json:"id"`
	Name   Text     `cbor:"2,keyasint" json:"name"`
	Family Family   `cbor:"3,keyasint" json:"family"`
	Window WindowID `cbor:"4,keyasint,omitempty" json:"window,omitempty"`
	Zone   ZoneID   `cbor:"5,keyasint,omitempty" json:"zone,omitempty"`
	Tells  Tells    `cbor:"6,keyasint,omitempty" json:"tells,omitempty"`
}

// Tells is what a device knows of the people in its zone.
type Tells string

// What devices know of people. The empty value is that of the family: occupancy devices tell passages.
const (
	TellsPassages Tells = "passages" // who goes in and out
	TellsCount    Tells = "count"    // how many are there
	TellsPresence Tells = "presence" // whether somebody is there
	TellsNothing  Tells = "nothing"
)

// CountsPassages says whether the device tells who goes in and out of its zone.
func (d Device) CountsPassages() bool {
	return d.Zone != "" && (d.Tells == TellsPassages || d.Tells == "" && d.Family == Occupancy)
}

// TellsQueue says whether the queue's figures come from the device. A display that the gateway itself drives tells nothing.
func (d Device) TellsQueue() bool {
	return (d.Family == Dispenser || d.Family == Display) && d.Tells != TellsNothing
}

// CountsZone says whether the figures of its zone come from the device.
func (d Device) CountsZone() bool { return d.CountsPassages() || d.Zone != "" && d.Tells == TellsCount }
