package modbus

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Request is what a master says.
type Request struct {
	Address  byte // 1 to MaxAddress, or Broadcast for writes
	Function Function
	Start    uint16 // the first register or coil
	Count    int    // how many; 1 for the functions of one value
	Data     []byte // what is written: registers high byte first, coils lowest bit first, one coil as FF00 or 0000
}

// Read is a question for registers.
func Read(address byte, f Function, start uint16, count int) Request {
	return Request{Address: address, Function: f, Start: start, Count: count}
}

// Write is an order to set registers.
func Write(address byte, start uint16, values ...uint16) Request {
	r := Request{Address: address, Function: WriteRegisters, Start: start, Count: len(values)}
	for _, v := range values {
		r.Data = binary.BigEndian.AppendUint16(r.Data, v)
	}
	return r
}

// check says why a request is none.
func (r Request) check() error {
	f := r.Function
	want := 0
	if !f.Reads() {
		want = f.size(r.Count)
		if f.single() {
			want = 2
		}
	}
	switch {
	case !f.known():
		return fmt.Errorf("%w: function %d", ErrContent, byte(f))
	case r.Address > MaxAddress || r.Address == Broadcast && f.Reads():
		return fmt.Errorf("%w: address %d", ErrContent, r.Address)
	case r.Count < 1 || r.Count > f.most() || int(r.Start)+r.Count > 1<<16:
		return fmt.Errorf("%w: %d from %d", ErrContent, r.Count, r.Start)
	case len(r.Data) != want:
		return fmt.Errorf("%w: %d bytes of data, want %d", ErrContent, len(r.Data), want)
	case f == WriteCoil && (r.Data[1] != 0 || r.Data[0] != 0 && r.Data[0] != 0xFF):
		return fmt.Errorf("%w: a coil of %X", ErrContent, r.Data)
	}
	return nil
}

// Encode gives the frame. The error is an [ErrContent].
func (r Request) Encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	p := binary.BigEndian.AppendUint16([]byte{r.Address, byte(r.Function)}, r.Start)
	if !r.Function.single() {
		p = binary.BigEndian.AppendUint16(p, uint16(r.Count))
	}
	if r.Function.several() {
		p = append(p, byte(len(r.Data)))
	}
	return seal(append(p, r.Data...)), nil
}

// ParseRequest reads a whole frame of a master. The error is an [ErrLength], [ErrCRC] or [ErrContent].
func ParseRequest(frame []byte) (Request, error) {
	body, err := open(frame)
	if err != nil {
		return Request{}, err
	}
	if n, _ := RequestSize(frame); n != len(frame) {
		return Request{}, fmt.Errorf("%w: %d bytes of a request", ErrLength, len(frame))
	}
	r := Request{Address: body[0], Function: Function(body[1]), Start: uint16(word(body[2:])), Count: 1}
	switch {
	case r.Function.single():
		r.Data = bytes.Clone(body[4:])
	case r.Function.several():
		r.Count, r.Data = word(body[4:]), bytes.Clone(body[headFrame:])
	default:
		r.Count = word(body[4:])
	}
	return r, r.check()
}

// RequestSize gives the length of the request that p begins; when p is not longer than n, it is to be asked again with more.
// ok is false when p begins none.
func RequestSize(p []byte) (n int, ok bool) {
	if len(p) < 2 {
		return 2, len(p) == 0 || p[0] <= MaxAddress
	}
	switch f := Function(p[1]); {
	case p[0] > MaxAddress || !f.known() || p[0] == Broadcast && f.Reads():
		return 0, false
	case !f.several():
		return shortFrame, true
	case len(p) < headFrame:
		return headFrame, true
	default:
		n = headFrame + int(p[6]) + 2
		count := word(p[4:])
		return n, count >= 1 && count <= f.most() && f.size(count) == int(p[6]) && n <= MaxFrame
	}
}

// Answers says whether p answers r: the same slave, the same function, as much as was asked.
func (r Request) Answers(p Reply) bool {
	switch {
	case r.Address != p.Address || r.Function != p.Function || r.Address == Broadcast:
		return false
	case p.Exception != 0:
		return true
	case r.Function.Reads():
		return len(p.Data) == r.Function.size(r.Count)
	case r.Function.single():
		return r.Start == p.Start && bytes.Equal(r.Data, p.Data)
	}
	return r.Start == p.Start && r.Count == p.Count
}
