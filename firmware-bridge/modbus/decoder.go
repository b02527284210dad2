package modbus

import "bytes"

// MaxNoise is how many bytes of noise are refused together. A decoder holds them and the beginning of one frame.
const MaxNoise = 64

// Message is one frame that was heard on a bus. It is its receiver's to keep.
type Message struct {
	Request Request // what the master said, or what Reply answers
	Asked   bool    // false: Reply answers what was not heard, and Request is empty
	Reply   *Reply  // nil: the master said Request
	Raw     []byte
}

// Decoder overhears masters and slaves on one bus. What it finds does not depend on how the bytes are cut. It is for one
// goroutine.
type Decoder struct {
	masters bool // no slave is heard
	buf     []byte
	waiting *Request // that nobody answered yet
	noise   []byte
	emit    func(Message)
	refuse  func(string, []byte)
}

// NewDecoder gives a decoder of a whole bus.
func NewDecoder() *Decoder { return &Decoder{} }

// NewSlaveDecoder gives a decoder for who hears masters alone: a write of one value that comes twice is two requests.
func NewSlaveDecoder() *Decoder { return &Decoder{masters: true} }

// Feed takes bytes in any pieces. emit gets each frame; refuse gets bytes that belong to none, with the reason: a run of noise
// once a frame comes or it has MaxNoise bytes. Its raw is valid during the call only. Both may be nil.
func (d *Decoder) Feed(chunk []byte, emit func(Message), refuse func(reason string, raw []byte)) {
	d.emit, d.refuse = emit, refuse
	for _, b := range chunk {
		d.buf = append(d.buf, b)
		d.scan(false)
	}
	d.emit, d.refuse = nil, nil
}

// Flush gives up a frame that has begun, after silence on the line, and whatever it hides.
func (d *Decoder) Flush(emit func(Message), refuse func(reason string, raw []byte)) {
	d.emit, d.refuse = emit, refuse
	d.scan(true)
	d.tell()
	d.emit, d.refuse = nil, nil
}

// Forget says that what comes next answers nothing any more: no slave takes so long. A frame that has begun is not affected.
func (d *Decoder) Forget() {
	if len(d.buf) == 0 {
		d.waiting = nil
	}
}

// scan takes frames and noise from the front as long as it can. A beginning of a frame waits for its rest, unless a whole frame
// stands behind it: then it was noise. last: no more is to come.
func (d *Decoder) scan(last bool) {
	for len(d.buf) > 0 {
		n, more := d.frame(d.buf, last)
		if n > 0 {
			d.take(n)
			continue
		}
		if more && !last && !d.hides() {
			return
		}
		d.bad(d.buf[0])
		d.drop(1)
	}
}

// hides says whether a whole frame ends with the last byte, behind what looks like the beginning of another.
func (d *Decoder) hides() bool {
	for from := 1; len(d.buf)-from >= minFrame; from++ {
		if n, _ := d.frame(d.buf[from:], false); n == len(d.buf)-from {
			return true
		}
	}
	return false
}

// frame gives the length of the frame that p begins, 0: none. more says that one may be there when more is known. What may
// become a request is no reply yet, unless one is awaited: a text may happen to hold the CRC of one.
func (d *Decoder) frame(p []byte, last bool) (n int, more bool) {
	if want, ok := RequestSize(p); ok {
		if more = want > len(p) || len(p) < minFrame; !more && isRequest(p[:want]) {
			return want, false
		}
	}
	if d.masters {
		return 0, more
	}
	want, ok := ReplySize(p)
	switch {
	case !ok:
	case want > len(p) || len(p) < minFrame:
		more = true
	default:
		if r, err := ParseReply(p[:want]); err == nil && (!more || last || d.awaits(r)) {
			return want, false
		}
	}
	return 0, more
}

func (d *Decoder) awaits(r Reply) bool { return d.waiting != nil && d.waiting.Answers(r) }

func isRequest(p []byte) bool { _, err := ParseRequest(p); return err == nil }

// take tells the frame of n bytes at the front. One that may be both answers what waits, else it is a request.
func (d *Decoder) take(n int) {
	raw := bytes.Clone(d.buf[:n])
	d.drop(n)
	d.tell()
	reply, noReply := ParseReply(raw)
	request, noRequest := ParseRequest(raw)
	m := Message{Raw: raw}
	switch {
	case !d.masters && noReply == nil && d.awaits(reply):
		m.Request, m.Asked, m.Reply = *d.waiting, true, &reply
		d.waiting = nil
	case noRequest == nil:
		m.Request, m.Asked = request, true
		d.waiting = nil
		if request.Address != Broadcast {
			d.waiting = &request
		}
	default:
		m.Reply = &reply
		d.waiting = nil
	}
	if d.emit != nil {
		d.emit(m)
	}
}

func (d *Decoder) drop(n int) { d.buf = append(d.buf[:0], d.buf[n:]...) }

// bad adds to the noise.
func (d *Decoder) bad(b byte) {
	if d.noise = append(d.noise, b); len(d.noise) >= MaxNoise {
		d.tell()
	}
}

// tell refuses the noise so far.
func (d *Decoder) tell() {
	if len(d.noise) > 0 && d.refuse != nil {
		d.refuse("no frame of Modbus", d.noise)
	}
	d.noise = d.noise[:0]
}
