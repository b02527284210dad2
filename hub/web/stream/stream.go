// Package stream carries changes of halls and alerts to open pages and API streams. A reader never holds anybody up: each
// has a set of what is to be told, not a queue, so one that is slow gets the newest state once instead of every step.
// Fragments of pages are rendered once per hall, fragment and language, however many pages show them.
package stream

import (
	"strings"

	"hallpulse/hall"
)

// Key names something that can change on a page: a fragment of a hall, or of the county where Hall is empty.
type Key struct {
	Hall hall.HallID
	Name string
}

// String gives the key as pages spell it in data-live: "hall:jiangkou:queue", "county:head".
func (k Key) String() string {
	if k.Hall == "" {
		return "county:" + k.Name
	}
	return "hall:" + string(k.Hall) + ":" + k.Name
}

// Fragments of a hall, by the template that makes them.
const (
	Row      = "row"
	Head     = "head"
	Queue    = "queue"
	Windows  = "windows"
	Zones    = "zones"
	Devices  = "devices"
	Ratings  = "ratings"
	Staff    = "staff"
	Measures = "measures"
)

// Fragments of the county.
const (
	CountyHead  = "head"    // the sentence and the totals
	CountyOrder = "order"   // the halls' order, worst first
	DeviceList  = "devices" // the device list is not what it was
	AlertList   = "alerts"  // the alert list is not what it was
)

// rawPrefix marks keys of the API's stream: "raw:" and a section, or nothing for the link and the description.
const rawPrefix = "raw:"

// Raw gives the key of a changed section for the API's stream.
func Raw(id hall.HallID, s hall.Section) Key { return Key{id, rawPrefix + string(s)} }

// Section gives the section of a raw key.
func (k Key) Section() (s hall.Section, ok bool) {
	name, ok := strings.CutPrefix(k.Name, rawPrefix)
	return hall.Section(name), ok
}

// HallFragments lists the fragments of a hall's page.
func HallFragments() []string {
	return []string{Head, Queue, Windows, Zones, Devices, Ratings, Staff, Measures}
}

// affected lists the fragments of a hall that a section's change touches. An empty section touches all.
func affected(s hall.Section) []string {
	switch s {
	case hall.SectionQueue:
		return []string{Row, Head, Queue, Windows}
	case hall.SectionZones:
		return []string{Row, Zones}
	case hall.SectionDevices:
		return []string{Row, Head, Devices}
	case hall.SectionStaff:
		return []string{Staff}
	case hall.SectionRatings:
		return []string{Row, Ratings}
	case hall.SectionMeasures:
		return []string{Measures}
	case hall.SectionGateway:
		return []string{Head}
	}
	return append([]string{Row}, HallFragments()...)
}
