package modbus

import (
	"encoding/binary"
	"errors"
)

// Bank is a slave's registers. An error that is an [Exception] is told to the master; any other is a [DeviceFailure].
type Bank interface {
	ReadRegisters(start uint16, count int) ([]uint16, error)
	WriteRegisters(start uint16, values []uint16) error
}

// Serve does what a request asks of a slave and gives its reply. answer is false for broadcasts, which get none. Coils are an
// [IllegalFunction].
func Serve(b Bank, q Request) (r Reply, answer bool) {
	r = Reply{Address: q.Address, Function: q.Function}
	err := q.check()
	switch {
	case err != nil:
		err = IllegalValue
	case q.Function.bits():
		err = IllegalFunction
	case q.Function.Reads():
		err = r.read(b, q)
	default:
		r.Start = q.Start
		err = b.WriteRegisters(q.Start, Registers(q.Data))
		if q.Function.single() {
			r.Data = q.Data
		} else {
			r.Count = q.Count
		}
	}
	if err != nil {
		r = Reply{Address: q.Address, Function: q.Function, Exception: DeviceFailure}
		if e := Exception(0); errors.As(err, &e) && e != 0 {
			r.Exception = e
		}
	}
	return r, q.Address != Broadcast
}

func (r *Reply) read(b Bank, q Request) error {
	values, err := b.ReadRegisters(q.Start, q.Count)
	if err != nil {
		return err
	}
	if len(values) != q.Count {
		return DeviceFailure
	}
	for _, v := range values {
		r.Data = binary.BigEndian.AppendUint16(r.Data, v)
	}
	return nil
}
