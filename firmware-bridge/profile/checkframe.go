package profile

import "hallpulse/hall/conf"

// place gives every part its place in the frame.
func (c *checker) place() {
	f := &c.out.frame
	*f = frame{header: c.body.Frame[0].Bytes, text: asGB18030, fixed: -1, command: -1, address: -1, data: -1}
	var data, end bool
	for i := range c.body.Frame {
		p := &c.body.Frame[i]
		e := piece{kind: p.Part, off: f.bare, size: p.Size, bytes: p.Bytes, add: p.Add, afterData: data, afterEnd: end}
		if p.As != "" {
			e.as = encodings[p.As].as
			e.size = max(encodings[p.As].size, p.Size)
		}
		switch p.Part {
		case partConstant:
			e.size = len(p.Bytes)
		case partAddress:
			f.address = i
			e.broadcast = p.Broadcast
		case partCommand:
			f.command = i
		case partData:
			e.size, data = 0, true
			f.data, f.restarts, f.maxData = i, p.Restarts, max(p.Max, p.Size)
			if p.Size > 0 {
				f.fixed = p.Size
			}
		case partEnd:
			end, f.ends = true, p.OneOf
		case partCheck:
			e.check, f.checked = checkOf(p), true
			e.size = e.check.width()
		}
		f.pieces = append(f.pieces, e)
		f.bare += e.size
	}
}

// checkOf gives a check as its part describes it.
func checkOf(p *partIn) check {
	s := sums[p.Kind]
	c := check{sum: s.sum, size: s.size, low: s.low, hex: p.As == "hex", seed: byte(p.Seed)}
	if c.hex { // digits are written as a number is
		c.low = false
	}
	if p.Order != "" {
		c.low = p.Order == "low"
	}
	return c
}

// ranges finds the parts that lengths count and checks cover.
func (c *checker) ranges() {
	for i := range c.body.Frame {
		p, path := &c.body.Frame[i], c.framePath(i)
		if p.Part != partLength && p.Part != partCheck {
			continue
		}
		from, ok := c.named(path+".from", p.From)
		to, ok2 := c.named(path+".to", p.To)
		if !ok || !ok2 {
			continue
		}
		c.out.frame.pieces[i].from, c.out.frame.pieces[i].to = from, to
		data := c.out.frame.data
		switch {
		case to < from:
			c.fail(path+".to", textRange, textRangeMend)
		case p.Part == partCheck && from <= i && i <= to:
			c.fail(path+".to", textSelfCheck, textShorten)
		case p.Part == partLength && i > data:
			c.fail(path, textLengthLate, textMoveUp)
		case p.Part == partLength && (data < from || to < data):
			c.fail(path+".to", textCountsData, textWiden)
		}
	}
}

// named finds the part that a range calls name.
func (c *checker) named(path, name string) (i int, ok bool) {
	switch name {
	case "first":
		return 0, true
	case "last":
		return len(c.body.Frame) - 1, true
	}
	for i, p := range c.body.Frame {
		if p.Part == name {
			return i, true
		}
	}
	c.fail(path, conf.Say(textNoPart, name), textAddPart)
	return 0, false
}

// dataLength checks that exactly one thing says where the data ends.
func (c *checker) dataLength() {
	f, path := &c.out.frame, c.framePath(c.out.frame.data)
	length, end := false, false
	for i, p := range f.pieces {
		length = length || p.kind == partLength
		if p.kind == partEnd {
			end = true
			if i != f.data+1 {
				c.fail(c.framePath(i), textEndAfter, textMoveEnd)
			}
		}
	}
	stuffed := c.body.Stuffing != nil // its header and trailer say where it ends
	switch {
	case stuffed && end:
		c.fail(path, textDataTwo, textDataTwoMend)
	case !length && !end && !stuffed && f.fixed < 0:
		c.fail(path, textDataLength, textDataMend)
	case length && end, end && f.fixed >= 0, f.fixed >= 0 && c.body.Frame[f.data].Max > 0:
		c.fail(path, textDataTwo, textDataTwoMend)
	case f.maxData == 0:
		c.fail(path+".max", textMissing, conf.Say(textAdd, "max"))
	}
	if !end && c.doc.Has(path+".restarts") {
		c.fail(path+".restarts", conf.Say(textPartUnused, partData), textRemove)
	}
}

// sizes checks that the longest frame is not too long, for us and for its length parts.
func (c *checker) sizes() {
	f := &c.out.frame
	longest := shape{data: f.maxData}
	for _, end := range f.ends {
		longest.end = max(longest.end, len(end))
	}
	if n := f.total(longest); n > MaxFrame {
		c.fail(c.framePath(f.data)+".max", conf.Say(textTooLong, n, MaxFrame), textSmaller)
	}
	for i := range f.pieces {
		p := &f.pieces[i]
		if p.kind != partLength {
			continue
		}
		from, to := f.span(p, longest)
		if n := to - from + p.add; n > p.as.most(p.size) || n < 0 {
			c.fail(c.framePath(i)+".as", conf.Say(textNoFit, n, c.body.Frame[i].As), textWider)
		}
	}
}
