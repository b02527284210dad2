package escpos

// bad adds to the noise.
func (p *Parser) bad(reason string, b ...byte) {
	for _, c := range b {
		if len(p.noise) == 0 {
			p.reason = reason
		}
		if p.noise = append(p.noise, c); len(p.noise) >= MaxNoise {
			p.tell()
		}
	}
}

// tell refuses the noise so far.
func (p *Parser) tell() {
	if len(p.noise) > 0 && p.refuse != nil {
		p.refuse(p.reason, p.noise)
	}
	p.noise = p.noise[:0]
}

// end gives the document that was printed; cut says whether a cut ended it.
func (p *Parser) end(cut bool) {
	doc, printed := p.c.end(cut)
	switch {
	case !printed:
	case doc.readable() && p.emit != nil:
		p.emit(doc)
	case !doc.readable() && p.refuse != nil:
		p.refuse(unreadable(&doc), doc.Raw)
	}
}

// unreadable says why nothing was read.
func unreadable(d *Document) string {
	if d.Picture {
		return "a picture was printed, which has no text to read: let the dispenser print its tickets as text"
	}
	return "nothing that can be read was printed"
}
