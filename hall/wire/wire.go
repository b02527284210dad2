// Package wire turns what a hall and its county say to each other into bytes and back, and names the MQTT topics they
// use. It is the only place where the two programs meet besides package hall, so nothing here opens or sends anything.
//
// Messages are CBOR maps with integer keys (RFC 8949), described in schema.cddl beside this file. Unknown keys are
// skipped, so a newer gateway may talk to an older hub and the other way round; a key, once used, is never used for
// anything else. Batches of the log carry their records in one block, compressed with zstd (RFC 8878) where that helps.
//
// Times are whole microseconds since 1970 (milliseconds for readings), UTC; 0 says that a time is not set, so the
// instant 1970-01-01T00:00:00Z itself travels as one microsecond later. Every decoder is total: any bytes give a value
// or an error, memory is bounded by the limits of limits.go, and one bad record never spoils the batch it came in.
package wire

import (
	"time"

	"hallpulse/hall"
)

// Birth is what a gateway says first on every connection: what the hall is made of and what its journal holds.
type Birth struct {
	Hall    hall.Hall
	Epoch   uint64 // of the journal; random, made with it
	Boot    uint32 // counts the starts of the gateway's program
	Version string
	Sent    time.Time // edge clock, which may be wrong until the Ack came
	Bounds  []Bound
}

// Bound tells which records of a lane the journal still holds. Last < First: none.
type Bound struct {
	Lane  hall.Lane `cbor:"1,keyasint"`
	First uint64    `cbor:"2,keyasint"`
	Last  uint64    `cbor:"3,keyasint"`
}

// Will says whether the gateway is connected: false is its last will, true overwrites it after a connect.
type Will struct {
	Boot   uint32
	Online bool
	Sent   time.Time // edge clock; of a last will: when the connection was made
}

// Ack tells a gateway how far the hub has stored a lane. It alone moves the journal's cursor.
type Ack struct {
	Lane   hall.Lane
	Epoch  uint64
	Seq    uint64        // last stored record; 0: none of this epoch
	Time   time.Time     // hub clock
	Resend bool          // a batch began beyond Seq+1: send again from Seq+1
	Hello  bool          // answers a Birth
	Pause  time.Duration // flow: wait this long before the next batch
}

// Snapshot is one section of a hall's state. Exactly the body that Section names is set; a section of a later version
// has none.
type Snapshot struct {
	Section  hall.Section
	Version  uint64 // grows with every snapshot of a boot
	Boot     uint32
	AsOf     time.Time // the instant the state describes
	Sent     time.Time
	Queue    *hall.QueueState
	Zones    *hall.ZonesState
	Devices  *hall.DevicesState
	Staff    *hall.StaffState
	Ratings  *hall.RatingsState
	Measures *hall.MeasuresState
	Gateway  *hall.GatewayState
}

// FactBatch carries consecutive records of the facts lane.
type FactBatch struct {
	Epoch  uint64
	First  uint64 // sequence of the first record; sequences begin at 1
	Oldest uint64 // oldest sequence the journal still holds
	Facts  []hall.Fact
}

// ReadingBatch carries consecutive records of the readings lane. Batches are columnar: what is decoded comes grouped by
// series, and the sequences of single readings are given in that order. First and the number of readings are exact.
type ReadingBatch struct {
	Epoch    uint64
	First    uint64
	Oldest   uint64
	Readings []hall.Reading
}

// Poison is a record that was set aside, with the reason. Raw is cut at MaxPoisonRaw.
type Poison struct {
	Seq    uint64
	Reason string
	Raw    []byte
}
