package profile

import (
	"regexp"
	"time"

	"hallpulse/hall"
)

// Limits of what a profile may describe; those of its lists are in the tags below.
const (
	MaxFrame    = 512 // bytes of a whole frame, or of a line of text
	MaxNumber   = 16  // bytes of a ticket's number; longer ones are none
	MaxCategory = 64  // bytes of a category's text; more is cut off
	MaxAhead    = 9999
)

// fileIn is a profile as it is written.
type fileIn struct {
	About   hall.Text     `yaml:"about" conf:"required"`
	Family  string        `yaml:"family" conf:"oneof=display|dispenser|keypad"` // empty: by the messages
	Line    lineIn        `yaml:"line"`
	Silence time.Duration `yaml:"silence" conf:"min=0s,max=24h"`
	Body    bodyIn        `yaml:",inline"`
	Also    []bodyIn      `yaml:"also" conf:"min=1,max=7"` // frames of other shapes on the same line
	Other   string        `yaml:"other" conf:"oneof=refuse|ignore"`
}

// Defaults refuses what is not described: it may matter.
func (f *fileIn) Defaults() {
	f.Other = otherRefuse
	f.Line.Defaults()
}

const (
	otherRefuse = "refuse"
	otherIgnore = "ignore"
)

// lineIn is how the line is usually set.
type lineIn struct {
	Baud     int           `yaml:"baud" conf:"min=50,max=4000000"`
	DataBits int           `yaml:"data_bits" conf:"min=5,max=8"`
	Parity   string        `yaml:"parity" conf:"oneof=none|odd|even|mark|space"`
	StopBits string        `yaml:"stop_bits" conf:"oneof=1|2"`
	Quiet    time.Duration `yaml:"quiet" conf:"min=50ms,max=1m"` // such a pause ends what has begun
}

// Defaults are those of most displays and keypads.
func (l *lineIn) Defaults() {
	*l = lineIn{Baud: 9600, DataBits: 8, Parity: "none", StopBits: "1", Quiet: 2 * time.Second}
}

// bodyIn is one shape of frame, or lines of text, with the messages in it.
type bodyIn struct {
	Frame    []partIn    `yaml:"frame" conf:"min=2,max=16"`
	Lines    *linesIn    `yaml:"lines"`
	Stuffing *stuffingIn `yaml:"stuffing"`
	Messages []messageIn `yaml:"messages" conf:"required,min=1,max=64"`
}

// linesIn is text in lines.
type linesIn struct {
	Ends []byteString `yaml:"ends" conf:"min=1,max=8"`
	Max  int          `yaml:"max" conf:"min=1,max=500"` // bytes of a line without its ending
	As   string       `yaml:"as" conf:"oneof=ascii|gb18030|utf8"`
}

// Defaults suits most devices: a carriage return before the line feed is trimmed like a blank.
func (l *linesIn) Defaults() { *l = linesIn{Ends: []byteString{{'\n'}}, Max: 128, As: "gb18030"} }

// stuffingIn is how bytes that begin or end frames are written inside them.
type stuffingIn struct {
	Mark byteString            `yaml:"mark" conf:"required"`
	Xor  byteString            `yaml:"xor"` // the byte after the mark, with these bits turned over
	Map  map[string]byteString `yaml:"map" conf:"min=1,max=16"`
}

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
	Part      string       `yaml:"part" conf:"required,oneof=constant|length|address|command|data|end|check"`
	Bytes     byteString   `yaml:"bytes"`
	OneOf     []byteString `yaml:"one_of" conf:"min=1,max=16"`
	As        string       `yaml:"as" conf:"oneof=u8|u16be|u16le|digits|hex"`
	Size      int          `yaml:"size" conf:"min=1,max=512"`
	From      string       `yaml:"from" conf:"oneof=first|last|length|address|command|data|end|check"`
	To        string       `yaml:"to" conf:"oneof=first|last|length|address|command|data|end|check"`
	Add       int          `yaml:"add" conf:"min=-16,max=16"` // the length says this much more than the bytes it counts
	Max       int          `yaml:"max" conf:"min=1,max=512"`
	Restarts  bool         `yaml:"restarts"` // a header inside the data begins another frame
	Kind      string       `yaml:"kind" conf:"oneof=sum8|xor8|lrc8|not8|crc8|sum16|crc16-modbus|crc16-ccitt-false|crc16-xmodem|crc16-kermit|crc16-x25"`
	Order     string       `yaml:"order" conf:"oneof=low|high"` // of a check of two bytes: which is first
	Seed      int          `yaml:"seed" conf:"min=0,max=255"`   // of sum8, xor8, lrc8 and not8: where they begin
	Broadcast []int        `yaml:"broadcast" conf:"min=1,max=8"`
}

// Defaults suits ASCII protocols, whose texts do not have the header's character.
func (p *partIn) Defaults() { p.Restarts = true }

// The kinds of message.
const (
	kindCall      = "call"
	kindInvite    = "invite"
	kindRating    = "rating"
	kindTicket    = "ticket"
	kindHeartbeat = "heartbeat"
	kindIgnore    = "ignore"
)

// messageIn is what a command, an ending or a text means.
type messageIn struct {
	Command byteString     `yaml:"command"`
	End     byteString     `yaml:"end"`
	Kind    string         `yaml:"kind" conf:"required,oneof=call|invite|rating|ticket|heartbeat|ignore"`
	Fields  []fieldIn      `yaml:"fields" conf:"max=16"`
	Match   *regexp.Regexp `yaml:"match"`                      // the whole text; its named groups are the fields
	Levels  map[string]int `yaml:"levels" conf:"min=1,max=64"` // of match: level by the text that is sent
	Pattern *regexp.Regexp `yaml:"pattern"`                    // of match: what a number looks like
	Answer  *answerIn      `yaml:"answer"`
}

// The uses of a field.
const (
	isNumber   = "number"
	isLevel    = "level"
	isSeq      = "seq"
	isAddress  = "address"
	isCategory = "category"
	isAhead    = "ahead"
	isConstant = "constant"
	isSkip     = "skip"

	copyData = "data" // of an answer: the whole data of the message
)

// fieldIn is a field of a message's data.
type fieldIn struct {
	Is      string         `yaml:"is" conf:"required,oneof=number|level|seq|address|category|ahead|constant|skip"`
	As      string         `yaml:"as" conf:"oneof=u8|u16be|u16le|u32be|u32le|digits|hex|bcd|ascii|gb18030|utf8|segments"`
	Size    int            `yaml:"size" conf:"min=1,max=512"` // 0: that of the encoding, else what the others leave
	Min     int            `yaml:"min" conf:"min=1,max=512"`  // bytes at least, where there is no size
	Width   int            `yaml:"width" conf:"min=1,max=16"` // a number of binary or BCD digits is filled up with zeros
	Bits    bitRange       `yaml:"bits"`                      // of the value, e.g. 0-3
	Bytes   byteString     `yaml:"bytes"`                     // of a constant
	Map     map[int]int    `yaml:"map" conf:"min=1,max=64"`   // level by the value that is sent
	Names   map[int]string `yaml:"names" conf:"min=1,max=64"` // text by the value that is sent
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
	Copy  string     `yaml:"copy" conf:"oneof=number|level|seq|address|data"`
	Bytes byteString `yaml:"bytes"`
}
