// Package radar decodes what millimetre-wave radars of the HLK-LD24xx series say on their serial line (256000 baud, 8N1), by
// the makers' protocol manuals: LD2410 tells whether somebody is there, moving or still, and at what distance; LD2450 tells
// where up to three people are. Numbers are little-endian. It opens no port and reads no clock.
package radar

// State is what an LD2410 sees.
type State uint8

// The bits of a state.
const (
	Moving State = 1
	Still  State = 2
)

// Presence is a report of an LD2410. Distances are in centimetres, energies 0 to 100.
type Presence struct {
	State        State
	MovingAt     int
	MovingEnergy int
	StillAt      int
	StillEnergy  int
	Distance     int
	Engineering  bool // more is told than anybody needs: the mode was left on
}

// Target is a person as an LD2450 sees one. X and Y are in millimetres – Y ahead, X to the right –, Speed in centimetres a
// second, negative towards the radar.
type Target struct{ X, Y, Speed, Resolution int }

// MaxTargets is how many people an LD2450 tells apart.
const MaxTargets = 3

// Targets is a report of an LD2450.
type Targets []Target

// Kind says which radar a decoder reads.
type Kind uint8

// The kinds.
const (
	LD2410 Kind = iota
	LD2450
)

// Report is one understood frame; one of the two is set.
type Report struct {
	Presence *Presence
	Targets  Targets // nil for an LD2410; empty: nobody
	Raw      []byte  // valid during the call only
}
