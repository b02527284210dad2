package modbus

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Reply is what a slave says.
type Reply struct {
	Address   byte // 1 to MaxAddress
	Function  Function
	Exception Exception // 0: done as asked; else nothing below is set
	Start     uint16    // of writes
	Count     int       // of writes of several values
	Data      []byte    // what was read, or the one value that was written
}

func (r Reply) check() error {
	f, n := r.Function, len(r.Data)
	switch {
	case !f.known():
		return fmt.Errorf("%w: function %d", ErrContent, byte(f))
	case r.Address == Broadcast || r.Address > MaxAddress:
		return fmt.Errorf("%w: address %d", ErrContent, r.Address)
	case r.Exception != 0:
		return nil
	case f.Reads() && (n == 0 || n > f.size(f.most()) || !f.bits() && n%2 != 0),
		f.single() && n != 2, f.several() && n != 0:
		return fmt.Errorf("%w: %d bytes of data", ErrContent, n)
	case f.several() && (r.Count < 1 || r.Count > f.most() || int(r.Start)+r.Count > 1<<16):
		return fmt.Errorf("%w: %d from %d", ErrContent, r.Count, r.Start)
	case f == WriteCoil && (r.Data[1] != 0 || r.Data[0] != 0 && r.Data[0] != 0xFF):
		return fmt.Errorf("%w: a coil of %X", ErrContent, r.Data)
	}
	return nil
}

// Encode gives the frame. The error is an [ErrContent].
func (r Reply) Encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if r.Exception != 0 {
		return seal([]byte{r.Address, byte(r.Function) | failed, byte(r.Exception)}), nil
	}
	p := []byte{r.Address, byte(r.Function)}
	switch {
	case r.Function.Reads():
		p = append(append(p, byte(len(r.Data))), r.Data...)
	case r.Function.single():
		p = append(binary.BigEndian.AppendUint16(p, r.Start), r.Data...)
	default:
		p = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(p, r.Start), uint16(r.Count))
	}
	return seal(p), nil
}

// ParseReply reads a whole frame of a slave. The error is an [ErrLength], [ErrCRC] or [ErrContent].
func ParseReply(frame []byte) (Reply, error) {
	body, err := open(frame)
	if err != nil {
		return Reply{}, err
	}
	if n, _ := ReplySize(frame); n != len(frame) {
		return Reply{}, fmt.Errorf("%w: %d bytes of a reply", ErrLength, len(frame))
	}
	r := Reply{Address: body[0], Function: Function(body[1] &^ failed)}
	switch {
	case body[1]&failed != 0:
		if r.Exception = Exception(body[2]); r.Exception == 0 {
			return Reply{}, fmt.Errorf("%w: exception 0", ErrContent)
		}
	case r.Function.Reads():
		r.Data = bytes.Clone(body[3:])
	case r.Function.single():
		r.Start, r.Data = uint16(word(body[2:])), bytes.Clone(body[4:])
	default:
		r.Start, r.Count = uint16(word(body[2:])), word(body[4:])
	}
	return r, r.check()
}

// ReplySize gives the length of the reply that p begins; when p is not longer than n, it is to be asked again with more. ok is
// false when p begins none.
func ReplySize(p []byte) (n int, ok bool) {
	if len(p) > 0 && (p[0] == Broadcast || p[0] > MaxAddress) {
		return 0, false
	}
	if len(p) < 2 {
		return 2, true
	}
	switch f := Function(p[1] &^ failed); {
	case !f.known():
		return 0, false
	case p[1]&failed != 0:
		return exceptionSize, len(p) < 3 || p[2] != 0
	case !f.Reads():
		return shortFrame, true
	case len(p) < 3:
		return 3, true
	default:
		n = 3 + int(p[2]) + 2
		return n, p[2] > 0 && n <= MaxFrame && (f.bits() || p[2]%2 == 0)
	}
}

// Registers gives what was read, or was written by a Request's Data, as registers.
func Registers(data []byte) []uint16 {
	out := make([]uint16, 0, len(data)/2)
	for ; len(data) >= 2; data = data[2:] {
		out = append(out, binary.BigEndian.Uint16(data))
	}
	return out
}
