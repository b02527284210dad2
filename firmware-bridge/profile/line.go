package profile

// line settles the next line of text; false: more bytes are needed. Between calls a line that has begun is at run, and was
// looked through up to at.
func (d *Decoder) line() bool {
	f := &d.p.bodies[0].frame
	for ; d.at < len(d.buf); d.at++ {
		if which := f.ending(d.buf[d.at:]); which >= 0 {
			d.endLine(which, len(f.ends[which]))
			return true
		}
		if f.undecided(d.buf[d.at:]) {
			return false
		}
		switch n := d.at - d.run; {
		case d.long && n >= MaxNoise:
			d.fault = fault{code: faultRest}
			d.tell(d.at)
		case !d.long && n >= f.maxData:
			d.fault = fault{code: faultEnd, got: uint32(f.maxData)}
			d.tell(d.at)
			d.long = true
		}
	}
	return false
}

// endLine hands on the line that ends at at.
func (d *Decoder) endLine(which, size int) {
	if d.long {
		d.fault, d.long = fault{code: faultRest}, false
		d.at += size
		d.tell(d.at)
		return
	}
	data := d.at - d.run
	d.at = d.run
	d.take(&hit{shape: shape{data: data, end: size}, state: whole, which: which, total: data + size})
}
