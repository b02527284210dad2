// Package technician is the logic of the tool that a technician takes to a hall: it records what a line carries, plays
// recordings against serial profiles at a desk, and lists the devices that a gateway can reach, each with a block for hall.yaml.
//
// A recording is a text file that people can read, send and mend:
//
//	# hallpulse capture 1
//	# date: 2026-11-24T09:30:00+08:00
//	# port: /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0
//	# settings: 9600 8N1
//	0 < 24 30 30 31 2C 41 30 31 32 23
//	1520300 < 24 30 30 32 2C 41 30 31 33 23
//
// Each line has the microseconds since the first, the direction (< heard, > sent) and the bytes. A program that was killed leaves half
// a line, whose whole bytes count.
package technician

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Limits of a recording.
const (
	MaxCapture = 64 << 20 // bytes of a file that is read
	MaxChunk   = 1024     // bytes of the line in one line of the file
	MaxRecord  = 16 << 20 // bytes of a file that is written, unless told otherwise
	maxLine    = 3*MaxChunk + 64
	maxHeader  = 256 // bytes of a value in the header
)

const magic = "# hallpulse capture 1"

// ErrFull says that a recording has reached its size.
var ErrFull = errors.New("technician: the recording has reached its size")

// Header tells where a recording was made.
type Header struct {
	Date     time.Time
	Port     string // a path, or tcp://host:port
	Settings string // e.g. 9600 8N1; empty: none
	Profile  string // that was tried; empty: none
}

// Chunk is bytes that came, or went, together.
type Chunk struct {
	At   time.Duration // since the recording's beginning
	Sent bool          // by the gateway
	Data []byte
}

// Capture is a recording.
type Capture struct {
	Header Header
	Chunks []Chunk
	Torn   bool // the last line was not written to its end
}

// Bytes is how many bytes were heard.
func (c *Capture) Bytes() (n int) {
	for _, k := range c.Chunks {
		if !k.Sent {
			n += len(k.Data)
		}
	}
	return n
}

// Writer writes a recording.
type Writer struct {
	w    io.Writer
	left int
}

// NewWriter writes the header to w. limit bounds the size of the file in bytes; 0: MaxRecord.
func NewWriter(w io.Writer, h Header, limit int) (*Writer, error) {
	if limit <= 0 {
		limit = MaxRecord
	}
	out := &Writer{w: w, left: limit}
	text := magic + "\n# date: " + h.Date.Format(time.RFC3339) + "\n"
	for _, pair := range [][2]string{{"port", h.Port}, {"settings", h.Settings}, {"profile", h.Profile}} {
		if pair[1] != "" {
			text += "# " + pair[0] + ": " + oneLine(pair[1]) + "\n"
		}
	}
	return out, out.put(text)
}

// oneLine keeps a header's value in its line.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
	return s[:min(len(s), maxHeader)]
}

// Write adds a chunk, in several lines where it is long; [ErrFull] once there is no room.
func (w *Writer) Write(c Chunk) error {
	for len(c.Data) > 0 {
		n := min(len(c.Data), MaxChunk)
		way := "<"
		if c.Sent {
			way = ">"
		}
		if err := w.put(fmt.Sprintf("%d %s % X\n", c.At.Microseconds(), way, c.Data[:n])); err != nil {
			return err
		}
		c.Data = c.Data[n:]
	}
	return nil
}

// put writes a whole line or none.
func (w *Writer) put(text string) error {
	if len(text) > w.left {
		return ErrFull
	}
	w.left -= len(text)
	if _, err := io.WriteString(w.w, text); err != nil {
		return fmt.Errorf("technician: write: %w", err)
	}
	return nil
}

// Read reads a recording. A last line that was not written to its end gives its whole bytes; any other line that is none is an
// error that names it.
func Read(r io.Reader) (*Capture, error) {
	c := &Capture{}
	in := bufio.NewReaderSize(io.LimitReader(r, MaxCapture+1), maxLine)
	size := 0
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		size += len(line)
		switch {
		case size > MaxCapture:
			return nil, fmt.Errorf("technician: the recording is larger than %d bytes", MaxCapture)
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("technician: line %d is longer than %d bytes", n, maxLine)
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("technician: read: %w", err)
		}
		ended := err == nil
		text := strings.TrimSpace(string(line))
		if n == 1 && text != magic {
			return nil, fmt.Errorf("technician: this is no recording: it does not begin with %q", magic)
		}
		if c.Torn = c.Torn || !ended && text != ""; text != "" {
			if err := c.line(text, !ended); err != nil {
				return nil, fmt.Errorf("technician: line %d: %w", n, err)
			}
		}
		if !ended {
			return c, nil
		}
	}
}

// line takes a line of the file.
func (c *Capture) line(text string, torn bool) error {
	if head, ok := strings.CutPrefix(text, "#"); ok {
		return c.header(head, torn)
	}
	k, err := chunk(text, torn)
	if err != nil {
		if torn {
			return nil
		}
		return err
	}
	c.Chunks = append(c.Chunks, k)
	return nil
}

func (c *Capture) header(text string, torn bool) (err error) {
	key, value, _ := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(key) {
	case "date":
		if c.Header.Date, err = time.Parse(time.RFC3339, value); err != nil && !torn {
			return fmt.Errorf("not a date: %q", oneLine(value))
		}
	case "port":
		c.Header.Port = oneLine(value)
	case "settings":
		c.Header.Settings = oneLine(value)
	case "profile":
		c.Header.Profile = oneLine(value)
	}
	return nil // other lines are remarks
}

// errLine says how a line is written.
var errLine = errors.New("want microseconds, < or >, and bytes in hex")

// chunk reads a line of bytes; of a torn one the whole bytes.
func chunk(text string, torn bool) (k Chunk, err error) {
	at, rest, _ := strings.Cut(text, " ")
	way, data, _ := strings.Cut(rest, " ")
	us, err := strconv.ParseInt(at, 10, 64)
	if err != nil || us < 0 || us > int64(maxTime/time.Microsecond) || way != "<" && way != ">" {
		return k, errLine
	}
	k.At, k.Sent = time.Duration(us)*time.Microsecond, way == ">"
	for pair := range strings.FieldsSeq(data) {
		b, err := hex.DecodeString(pair)
		switch {
		case err == nil && len(b) == 1:
			k.Data = append(k.Data, b[0])
		case torn:
			return k, nil
		default:
			return k, errLine
		}
	}
	if len(k.Data) > MaxChunk {
		return k, errLine
	}
	return k, nil
}

// maxTime is the longest recording.
const maxTime = 366 * 24 * time.Hour
