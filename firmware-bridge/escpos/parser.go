package escpos

// Parser follows the bytes sent to one printer. What it finds does not depend on how the bytes are cut. It is for one
// goroutine.
type Parser struct {
	c      collector
	cmd    []byte // a command that has begun
	skip   int    // bytes of data that are passed over
	until  int    // data is passed over up to a NUL, at most this many bytes
	noise  []byte
	reason string // why noise is refused
	emit   func(Document)
	refuse func(string, []byte)
}

// NewParser gives a parser for a printer that was just switched on.
func NewParser() *Parser { return &Parser{} }

// Feed takes bytes in any pieces. emit gets each document that ended; refuse gets what could not be followed, with the
// reason: a run of noise once something else comes or it has MaxNoise bytes. Its raw is valid during the call only. Both may be
// nil.
func (p *Parser) Feed(chunk []byte, emit func(Document), refuse func(reason string, raw []byte)) {
	p.emit, p.refuse = emit, refuse
	for len(chunk) > 0 {
		if n := min(p.skip, len(chunk)); n > 0 {
			p.skip -= n
			chunk = chunk[n:]
			continue
		}
		p.next(chunk[0])
		chunk = chunk[1:]
	}
	p.emit, p.refuse = nil, nil
}

// Reset forgets the document that is being printed and half a command: what comes next is a new connection.
func (p *Parser) Reset() { *p = Parser{} }

// Busy says whether a command or a document has begun and not ended.
func (p *Parser) Busy() bool {
	return len(p.cmd) > 0 || p.skip > 0 || p.until > 0 || p.c.written() || p.c.doc.Picture
}

// Flush ends the document without a cut, after silence on the line: some printers have no cutter, and their tickets end
// when no more is printed. It forgets half a command, so that a damaged length costs nothing that comes later.
func (p *Parser) Flush(emit func(Document), refuse func(reason string, raw []byte)) {
	p.emit, p.refuse = emit, refuse
	if len(p.cmd) > 0 {
		p.bad("half a command, then silence", p.cmd...)
	}
	p.end(false)
	p.tell()
	p.cmd, p.skip, p.until = p.cmd[:0], 0, 0
	p.emit, p.refuse = nil, nil
}

// next takes a byte that is not data to be passed over.
func (p *Parser) next(b byte) {
	switch {
	case p.until > 0:
		p.untilNUL(b)
	case len(p.cmd) > 0:
		p.cmd = append(p.cmd, b)
		p.command()
	case b == dle || b == esc || b == fs || b == gs:
		p.cmd = append(p.cmd, b)
	default:
		p.plain(b)
	}
}

func (p *Parser) untilNUL(b byte) {
	if p.until--; b == 0 {
		p.until = 0
	} else if p.until == 0 {
		p.bad("a command that does not end", b)
	}
}

// command acts on a command that is whole.
func (p *Parser) command() {
	e := measure(p.cmd)
	switch {
	case e.bad != "":
		p.unknown(e.bad)
	case len(p.cmd) >= e.args:
		p.tell()
		p.run(p.cmd)
		p.c.doc.Picture = p.c.doc.Picture || e.picture
		p.cmd = p.cmd[:0]
		p.skip = e.data
		if e.until {
			p.until = MaxUntil
		}
	}
}

// unknown refuses a command. Where its second byte begins another command, only the first is lost: paper that ran out in
// the middle of a command is followed by a new ticket.
func (p *Parser) unknown(reason string) {
	first, last := p.cmd[0], p.cmd[len(p.cmd)-1]
	if len(p.cmd) == 2 && last < ' ' {
		p.cmd = p.cmd[:0]
		p.bad(reason, first)
		p.next(last)
		return
	}
	p.bad(reason, p.cmd...)
	p.cmd = p.cmd[:0]
}

// plain takes a byte outside commands.
func (p *Parser) plain(b byte) {
	switch {
	case b >= ' ' || b == '\t':
		p.tell()
		p.c.keep(b)
		p.c.char(max(b, ' '))
	case b == '\n' || b == '\r' || b == '\f':
		p.tell()
		p.c.keep(b)
		p.c.endLine()
	case b == 0 || b == can: // printers pass over them
	default:
		p.bad("a control character that printers do not know", b)
	}
}

// can cancels what a page holds; tickets have no pages.
const can = 0x18
