package profile

// build makes the answer to a frame: its address, the answer's own command and data, and lengths and check computed.
func (f *frame) build(m *message, plain []byte, h *hit, data []byte, heard *found) []byte {
	body := m.compose(data, heard)
	s := shape{data: len(body)}
	if m.answer.end >= 0 {
		s.end = len(f.ends[m.answer.end])
	}
	out := make([]byte, f.total(s))
	for i := range f.pieces {
		p := &f.pieces[i]
		to := f.of(i, out, s)
		switch p.kind {
		case partConstant:
			copy(to, p.bytes)
		case partAddress:
			copy(to, f.of(i, plain, h.shape))
		case partCommand:
			copy(to, m.answer.command)
		case partData:
			copy(to, body)
		case partEnd:
			copy(to, f.ends[m.answer.end])
		case partLength:
			from, end := f.span(p, s)
			p.as.put(to, end-from+p.add)
		}
	}
	f.seal(out, s)
	if f.stuff != nil {
		return f.stuffed(out)
	}
	return out
}

// seal computes the check, last: it may cover parts that come after it.
func (f *frame) seal(out []byte, s shape) {
	for i := range f.pieces {
		if p := &f.pieces[i]; p.kind == partCheck {
			from, to := f.span(p, s)
			p.check.put(f.of(i, out, s), p.check.of(out[from:to]))
		}
	}
}

// maxCopied bounds what an answer repeats of a text, in bytes.
const maxCopied = 16

// compose joins the parts of an answer's data.
func (m *message) compose(data []byte, heard *found) []byte {
	var out []byte
	for _, part := range m.answer.data {
		switch {
		case part.Copy == copyData:
			out = append(out, data...)
		case m.match != nil && part.Copy != "":
			text := heard.text(part.Copy)
			out = append(out, text[:min(len(text), maxCopied)]...)
		default:
			out = append(out, part.Bytes...)
			out = m.copied(out, part.Copy, data)
		}
	}
	return out
}

// copied appends the fields of one use, as they came.
func (m *message) copied(out []byte, is string, data []byte) []byte {
	rest := data
	for i := range m.fields {
		size := m.size(&m.fields[i], data)
		if m.fields[i].is == is {
			out = append(out, rest[:size]...)
		}
		rest = rest[size:]
	}
	return out
}
