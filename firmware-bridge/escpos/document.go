package escpos

import (
	"strings"
	"unicode"
)

// Limits of a document and of a parser's memory.
const (
	MaxRaw   = 4 << 10 // bytes of a document that are kept; pictures and QR codes are not among them
	MaxLines = 200
	MaxLine  = 512     // bytes of a line
	MaxImage = 1 << 20 // bytes of a picture that are passed over; a larger one is a damaged command
	MaxUntil = 256     // bytes of a command that ends with a NUL
	MaxNoise = 64      // bytes of noise that are refused together
)

// Document is what was printed up to a cut. It is its receiver's to keep.
type Document struct {
	Lines     []Line // without empty ones
	Raw       []byte // as it was sent, without the data of pictures and QR codes, at most MaxRaw bytes
	Truncated bool   // it had more lines or bytes than are kept
	Cut       bool   // a cut ended it
	Picture   bool   // a picture was sent for it: text may be in it that nobody can read here; a logo kept in the printer is none
}

// Line is a line of text.
type Line struct {
	Text          string
	Width, Height int // times the normal size, 1 to 8: those of its largest character
}

// collector gathers the document that is being printed.
type collector struct {
	doc           Document
	text          []byte // of the line that is being printed, as it was sent
	lineW, lineH  int    // its largest size; 0: it is empty
	width, height int    // that the next characters have, minus 1
	wide, tall    bool   // the same for Chinese characters alone
	western       bool   // Chinese mode is off: bytes from 80 are none of GB18030
}

// keep adds bytes to the raw document.
func (c *collector) keep(b ...byte) {
	if n := MaxRaw - len(c.doc.Raw); len(b) > n {
		b, c.doc.Truncated = b[:n], true
	}
	c.doc.Raw = append(c.doc.Raw, b...)
}

// char adds a byte of text.
func (c *collector) char(b byte) {
	if len(c.text) >= MaxLine {
		c.doc.Truncated = true
		return
	}
	chinese := b >= 0x80
	if chinese && c.western {
		b = substitute
	}
	c.text = append(c.text, b)
	if b == ' ' {
		return
	}
	c.lineW = max(c.lineW, c.width+1, size(chinese && c.wide))
	c.lineH = max(c.lineH, c.height+1, size(chinese && c.tall))
}

func size(double bool) int {
	if double {
		return 2
	}
	return 1
}

// endLine ends the line, where one has begun.
func (c *collector) endLine() {
	text := decode(c.text)
	line := Line{Text: text, Width: max(1, c.lineW), Height: max(1, c.lineH)}
	c.text, c.lineW, c.lineH = c.text[:0], 0, 0
	switch {
	case text == "":
	case len(c.doc.Lines) >= MaxLines:
		c.doc.Truncated = true
	default:
		c.doc.Lines = append(c.doc.Lines, line)
	}
}

// written says whether the document has text.
func (c *collector) written() bool { return len(c.text) > 0 || len(c.doc.Lines) > 0 }

// end takes the document and begins the next one; printed says whether there is anything on it.
func (c *collector) end(cut bool) (doc Document, printed bool) {
	c.endLine()
	c.doc.Cut = cut
	doc, c.doc = c.doc, Document{}
	return doc, len(doc.Lines) > 0 || doc.Picture
}

// readable says whether any line has a letter or a digit: noise has none.
func (d *Document) readable() bool {
	for _, l := range d.Lines {
		if strings.ContainsFunc(l.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return true
		}
	}
	return false
}

// initialise puts the printer's settings back; what was printed stays.
func (c *collector) initialise() {
	c.width, c.height, c.wide, c.tall, c.western = 0, 0, false, false, false
}
