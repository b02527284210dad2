package wire

import (
	"fmt"

	"hallpulse/hall"
)

type birthWire struct {
	Hall    hall.Hall `cbor:"1,keyasint"`
	Epoch   uint64    `cbor:"2,keyasint"`
	Boot    uint32    `cbor:"3,keyasint"`
	Version string    `cbor:"4,keyasint"`
	Sent    int64     `cbor:"5,keyasint"`
	Bounds  []Bound   `cbor:"6,keyasint"`
}

// EncodeBirth encodes b.
func EncodeBirth(b Birth) ([]byte, error) {
	if err := checkBirth(b); err != nil {
		return nil, err
	}
	return marshal("birth", birthWire{b.Hall, b.Epoch, b.Boot, b.Version, micros(b.Sent), b.Bounds})
}

// DecodeBirth decodes a Birth. The hall's id is one that may stand in a topic.
func DecodeBirth(data []byte) (Birth, error) {
	var w birthWire
	if err := unmarshal("birth", data, &w); err != nil {
		return Birth{}, err
	}
	var x times
	b := Birth{w.Hall, w.Epoch, w.Boot, w.Version, x.at(w.Sent, "sent"), w.Bounds}
	if x.err != nil {
		return Birth{}, x.err
	}
	return b, checkBirth(b)
}

func checkBirth(b Birth) error {
	if !ValidHallID(b.Hall.ID) {
		return fmt.Errorf("%w: birth of a hall without a valid id", ErrMalformed)
	}
	if len(b.Version) > MaxText {
		return fmt.Errorf("%w: version of %d bytes, at most %d", ErrTooLarge, len(b.Version), MaxText)
	}
	for _, bound := range b.Bounds {
		if err := checkLane(bound.Lane); err != nil {
			return err
		}
		if bound.First > MaxSeq || bound.Last > MaxSeq {
			return fmt.Errorf("%w: a bound beyond %d", ErrMalformed, uint64(MaxSeq))
		}
	}
	return checkHall(&b.Hall)
}

func checkLane(l hall.Lane) error {
	if l != hall.Facts && l != hall.Readings {
		return fmt.Errorf("%w: unknown lane %d", ErrMalformed, l)
	}
	return nil
}

// maxDays is how many days of a week a description may list.
const maxDays = 7

// checkHall holds the ids and names of a description to their lengths.
func checkHall(h *hall.Hall) error {
	var c check
	c.text("time_zone", h.TimeZone)
	c.text("kind", string(h.Kind))
	c.name("name", h.Name)
	c.name("township", h.Township)
	for _, z := range h.Zones {
		c.id("zone", string(z.ID))
		c.id("role", string(z.Role))
		c.name("zone", z.Name)
	}
	for _, w := range h.Windows {
		c.id("window", string(w.ID))
		c.name("window", w.Name)
		for _, id := range w.Categories {
			c.id("category", string(id))
		}
	}
	for _, k := range h.Categories {
		c.id("category", string(k.ID))
		c.name("category", k.Name)
		c.short("prefix", k.Prefix)
	}
	for _, d := range h.Devices {
		c.id("device", string(d.ID))
		c.name("device", d.Name)
		c.id("family", string(d.Family))
		c.id("window", string(d.Window))
		c.id("zone", string(d.Zone))
		c.id("tells", string(d.Tells))
	}
	c.id("open", h.Hours.Open)
	c.id("close", h.Hours.Close)
	if len(h.Hours.Days) > maxDays {
		c.fail("%d days in a week", len(h.Hours.Days))
	}
	return c.err
}

type willWire struct {
	Boot   uint32 `cbor:"1,keyasint"`
	Online bool   `cbor:"2,keyasint"`
	Sent   int64  `cbor:"3,keyasint"`
}

// EncodeWill encodes w.
func EncodeWill(w Will) ([]byte, error) {
	return marshal("will", willWire{w.Boot, w.Online, micros(w.Sent)})
}

// DecodeWill decodes a Will.
func DecodeWill(data []byte) (Will, error) {
	var w willWire
	if err := unmarshal("will", data, &w); err != nil {
		return Will{}, err
	}
	var x times
	will := Will{w.Boot, w.Online, x.at(w.Sent, "sent")}
	if x.err != nil {
		return Will{}, x.err
	}
	return will, nil
}

type ackWire struct {
	Lane   hall.Lane `cbor:"1,keyasint"`
	Epoch  uint64    `cbor:"2,keyasint"`
	Seq    uint64    `cbor:"3,keyasint"`
	Time   int64     `cbor:"4,keyasint"`
	Resend bool      `cbor:"5,keyasint,omitempty"`
	Hello  bool      `cbor:"6,keyasint,omitempty"`
	Pause  int64     `cbor:"7,keyasint,omitempty"`
}

// EncodeAck encodes a.
func EncodeAck(a Ack) ([]byte, error) {
	if err := checkAck(a); err != nil {
		return nil, err
	}
	return marshal("ack", ackWire{a.Lane, a.Epoch, a.Seq, micros(a.Time), a.Resend, a.Hello, us(a.Pause)})
}

// DecodeAck decodes an Ack.
func DecodeAck(data []byte) (Ack, error) {
	var w ackWire
	if err := unmarshal("ack", data, &w); err != nil {
		return Ack{}, err
	}
	var x times
	a := Ack{w.Lane, w.Epoch, w.Seq, x.at(w.Time, "time"), w.Resend, w.Hello, x.span(w.Pause, "pause")}
	if x.err != nil {
		return Ack{}, x.err
	}
	return a, checkAck(a)
}

func checkAck(a Ack) error {
	if a.Seq > MaxSeq || a.Pause < 0 {
		return fmt.Errorf("%w: ack of sequence %d with pause %v", ErrMalformed, a.Seq, a.Pause)
	}
	return checkLane(a.Lane)
}
