package wire

import (
	"fmt"
	"time"

	"hallpulse/hall"
)

type snapshotWire struct {
	Section  hall.Section  `cbor:"1,keyasint"`
	Version  uint64        `cbor:"2,keyasint"`
	Boot     uint32        `cbor:"3,keyasint"`
	AsOf     int64         `cbor:"4,keyasint"`
	Sent     int64         `cbor:"5,keyasint"`
	Queue    *queueWire    `cbor:"10,keyasint,omitempty"`
	Zones    *zonesWire    `cbor:"11,keyasint,omitempty"`
	Devices  *devicesWire  `cbor:"12,keyasint,omitempty"`
	Staff    *staffWire    `cbor:"13,keyasint,omitempty"`
	Ratings  *ratingsWire  `cbor:"14,keyasint,omitempty"`
	Gateway  *gatewayWire  `cbor:"15,keyasint,omitempty"`
	Measures *measuresWire `cbor:"16,keyasint,omitempty"`
}

// SectionOf makes the snapshot of one section of a state. ok is false for a section this version does not know.
func SectionOf(s *hall.State, section hall.Section) (snap Snapshot, ok bool) {
	snap = Snapshot{Section: section, AsOf: s.AsOf}
	switch section {
	case hall.SectionQueue:
		snap.Queue = &s.Queue
	case hall.SectionZones:
		snap.Zones = &s.Zones
	case hall.SectionDevices:
		snap.Devices = &s.Devices
	case hall.SectionStaff:
		snap.Staff = &s.Staff
	case hall.SectionRatings:
		snap.Ratings = &s.Ratings
	case hall.SectionMeasures:
		snap.Measures = &s.Measures
	case hall.SectionGateway:
		snap.Gateway = &s.Gateway
	default:
		return Snapshot{}, false
	}
	return snap, true
}

// EncodeSnapshot encodes s.
func EncodeSnapshot(s Snapshot) ([]byte, error) {
	if err := checkSnapshot(&s); err != nil {
		return nil, err
	}
	return marshal("snapshot", snapshotWire{
		Section: s.Section, Version: s.Version, Boot: s.Boot, AsOf: micros(s.AsOf), Sent: micros(s.Sent),
		Queue: queueTo(s.Queue), Zones: zonesTo(s.Zones), Devices: devicesTo(s.Devices),
		Staff: staffTo(s.Staff), Ratings: ratingsTo(s.Ratings), Gateway: gatewayTo(s.Gateway),
		Measures: measuresTo(s.Measures),
	})
}

// DecodeSnapshot decodes a Snapshot. A section of a later version has no body.
func DecodeSnapshot(data []byte) (Snapshot, error) {
	var w snapshotWire
	if err := unmarshal("snapshot", data, &w); err != nil {
		return Snapshot{}, err
	}
	var x times
	s := Snapshot{
		Section: w.Section, Version: w.Version, Boot: w.Boot, AsOf: x.at(w.AsOf, "as of"), Sent: x.at(w.Sent, "sent"),
		Queue: x.queue(w.Queue), Zones: x.zones(w.Zones), Devices: x.devices(w.Devices),
		Staff: x.staff(w.Staff), Ratings: x.ratings(w.Ratings), Gateway: x.gateway(w.Gateway),
		Measures: x.measures(w.Measures),
	}
	if x.err != nil {
		return Snapshot{}, x.err
	}
	if err := checkSnapshot(&s); err != nil {
		return Snapshot{}, err
	}
	return s, nil
}

// checkSnapshot says whether exactly the body that Section names is set.
func checkSnapshot(s *Snapshot) error {
	if !validSection(string(s.Section)) {
		return fmt.Errorf("%w: snapshot without a section", ErrMalformed)
	}
	set := map[hall.Section]bool{
		hall.SectionQueue: s.Queue != nil, hall.SectionZones: s.Zones != nil, hall.SectionDevices: s.Devices != nil,
		hall.SectionStaff: s.Staff != nil, hall.SectionRatings: s.Ratings != nil, hall.SectionGateway: s.Gateway != nil,
		hall.SectionMeasures: s.Measures != nil,
	}
	for section, has := range set {
		if has != (section == s.Section) {
			return fmt.Errorf("%w: snapshot of %s whose body is missing or not alone", ErrMalformed, s.Section)
		}
	}
	return nil
}

type gatewayWire struct {
	Boot            uint32    `cbor:"1,keyasint"`
	Started         int64     `cbor:"2,keyasint"`
	Version         string    `cbor:"3,keyasint"`
	ClockMark       hall.Mark `cbor:"4,keyasint,omitempty"`
	FactsPending    uint64    `cbor:"5,keyasint"`
	ReadingsPending uint64    `cbor:"6,keyasint"`
	ReadingsDropped uint64    `cbor:"7,keyasint,omitempty"`
	DiskFull        bool      `cbor:"8,keyasint,omitempty"`
}

func gatewayTo(g *hall.GatewayState) *gatewayWire {
	if g == nil {
		return nil
	}
	return &gatewayWire{
		g.Boot, micros(g.Started), g.Version, g.ClockMark, g.FactsPending, g.ReadingsPending, g.ReadingsDropped, g.DiskFull,
	}
}

func (x *times) gateway(w *gatewayWire) *hall.GatewayState {
	if w == nil {
		return nil
	}
	return &hall.GatewayState{
		Boot: w.Boot, Started: x.at(w.Started, "started"), Version: w.Version, ClockMark: w.ClockMark,
		FactsPending: w.FactsPending, ReadingsPending: w.ReadingsPending, ReadingsDropped: w.ReadingsDropped,
		DiskFull: w.DiskFull,
	}
}

// each maps a slice and keeps nil as nil.
func each[A, B any](in []A, f func(*A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i := range in {
		out[i] = f(&in[i])
	}
	return out
}

// us gives a duration in microseconds.
func us(d time.Duration) int64 { return int64(d / time.Microsecond) }
