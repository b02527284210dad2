package profile

import (
	"regexp"

	"hallpulse/hall"
)

// Limits of what a profile may describe; those of its lists are in the tags below.
const (
	MaxFrame  = 512 // bytes of a whole frame
	MaxNumber = 16  // bytes of a ticket's number; longer ones are none
)

// fileIn is a profile as it is written.
type fileIn struct {
	About    hall.Text   `yaml:"about" conf:"required"`
	Frame    []partIn    `yaml:"frame" conf:"required,min=2,max=16"`
	Messages []messageIn `yaml:"messages" conf:"required,min=1,max=64"`
	Other    string      `yaml:"other" conf:"oneof=refuse|ignore"` // what no message describes
}

// Defaults refuses what is not described: it may matter.
func (f *fileIn) Defaults() { f.Other = otherRefuse }

const (
	otherRefuse = "refuse"
	otherIgnore = "ignore"
)

// The kinds of part.
const (
	partConstant = "constant"
	partLength   = "length"
	partAddress  = "address"
	partCommand  = "command"
	partData     = "data"
	partEnd      = "end"
	partCheck    = "check"
)

// partIn is a part of a frame. Which keys a kind of part uses is in partKeys.
type partIn struct {
	Part     string       `yaml:"part" conf:"required,oneof=constant|length|address|command|data|end|check"`
	Bytes    byteString   `yaml:"bytes"`
	OneOf    []byteString `yaml:"one_of" conf:"min=1,max=16"`
	As       string       `yaml:"as" conf:"oneof=u8|u16be|u16le|digits"`
	Size     int          `yaml:"size" conf:"min=1,max=512"`
	From     string       `yaml:"from" conf:"oneof=first|last|length|address|command|data|end|check"`
	To       string       `yaml:"to" conf:"oneof=first|last|length|address|command|data|end|check"`
	Add      int          `yaml:"add" conf:"min=-16,max=16"` // the length says this much more than the bytes it counts
	Max      int          `yaml:"max" conf:"min=1,max=512"`
	Restarts bool         `yaml:"restarts"` // a header inside the data begins another frame
	Kind     string       `yaml:"kind" conf:"oneof=sum8|xor8|crc16-modbus"`
}

// Defaults suits ASCII protocols, whose texts do not have the header's character.
func (p *partIn) Defaults() { p.Restarts = true }

// The kinds of message.
const (
	kindCall      = "call"
	kindInvite    = "invite"
	kindRating    = "rating"
	kindHeartbeat = "heartbeat"
	kindIgnore    = "ignore"
)

// messageIn is what a command or an ending means.
type messageIn struct {
	Command byteString `yaml:"command"`
	End     byteString `yaml:"end"`
	Kind    string     `yaml:"kind" conf:"required,oneof=call|invite|rating|heartbeat|ignore"`
	Fields  []fieldIn  `yaml:"fields" conf:"max=16"`
	Answer  *answerIn  `yaml:"answer"`
}

// The uses of a field.
const (
	isNumber = "number"
	isLevel  = "level"
	isSeq    = "seq"
	isSkip   = "skip"

	copyData = "data" // of an answer: the whole data of the message
)

// fieldIn is a field of a message's data.
type fieldIn struct {
	Is      string         `yaml:"is" conf:"required,oneof=number|level|seq|skip"`
	As      string         `yaml:"as" conf:"oneof=u8|u16be|u16le|u32be|u32le|digits|bcd|ascii|gb18030"`
	Size    int            `yaml:"size" conf:"min=1,max=512"` // 0: that of the encoding, else what the others leave
	Min     int            `yaml:"min" conf:"min=1,max=512"`  // bytes at least, where there is no size
	Width   int            `yaml:"width" conf:"min=1,max=16"` // a number of binary or BCD digits is filled up with zeros
	Map     map[int]int    `yaml:"map" conf:"min=1,max=64"`   // level by the value that is sent
	Pattern *regexp.Regexp `yaml:"pattern"`                   // of a number; the first one's counts
}

// answerIn is what is sent back once a message's fact is durable.
type answerIn struct {
	Command byteString   `yaml:"command"`
	End     byteString   `yaml:"end"`
	Data    []answerPart `yaml:"data" conf:"max=16"`
}

// answerPart is bytes of an answer: as they came, or always the same.
type answerPart struct {
	Copy  string     `yaml:"copy" conf:"oneof=number|level|seq|data"`
	Bytes byteString `yaml:"bytes"`
}
