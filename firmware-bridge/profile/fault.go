package profile

import "fmt"

// fault is why bytes are no frame. It becomes words only when somebody is told: while looking for a frame most are not.
type fault struct {
	code      faultCode
	got, want uint32
}

type faultCode uint8

const (
	faultNone faultCode = iota
	faultNoise
	faultConstant
	faultLength
	faultLengths
	faultAddress
	faultCheck
	faultEnd
	faultCut
	faultHalf
	faultNoCheck
	faultStuffing
	faultRest
)

// faultWords by code; got and want are the arguments.
var faultWords = [...]string{
	faultNone:     "",
	faultNoise:    "noise: no header",
	faultConstant: "byte %02X where %02X belongs",
	faultLength:   "a length of %d cannot be",
	faultLengths:  "the lengths differ: the second is %d",
	faultAddress:  "the address is no number",
	faultCheck:    "check %02X, but the frame gives %02X",
	faultEnd:      "no ending after %d bytes of data",
	faultCut:      "cut short: another frame begins inside",
	faultHalf:     "half a frame, then silence",
	faultNoCheck:  "the check is no number",
	faultStuffing: "byte %02X cannot be stuffed",
	faultRest:     "the rest of a line that is too long",
}

// String gives the reason in words.
func (f fault) String() string {
	words := faultWords[f.code]
	switch f.code {
	case faultConstant, faultCheck:
		return fmt.Sprintf(words, f.got, f.want)
	case faultLength, faultLengths, faultEnd, faultStuffing:
		return fmt.Sprintf(words, f.got)
	}
	return words
}
