package keypad

import (
	"bytes"
	"fmt"
)

// Commands of the frames.
const (
	cmdInvite    = 0x01
	cmdRated     = 0x02
	cmdHeartbeat = 0x03
	cmdAnswer    = 0x82
)

// inviteSize is the least data of an invitation: a shorter number, or none, is filled up with NUL.
const inviteSize = 4

// answerSize is the size of an answer: AA 55 04 ADDR 82 SEQ SEQ XOR.
const answerSize = 8

// frame gives the bytes of a command.
func frame(address int, cmd byte, data ...byte) []byte {
	f := append([]byte{0xAA, 0x55, byte(2 + len(data)), byte(address), cmd}, data...)
	return append(f, xor(f[2:]))
}

func xor(p []byte) (x byte) {
	for _, c := range p {
		x ^= c
	}
	return x
}

func (k *Keypad) sendPress(p press) error {
	return k.send(cmdRated, p.level, byte(p.seq>>8), byte(p.seq))
}

// send puts a frame on the wire, with the keypad's faults. k.mu is held.
func (k *Keypad) send(cmd byte, data ...byte) error {
	f := frame(k.o.Address, cmd, data...)
	if k.faults.Damaged > 0 {
		k.faults.Damaged--
		f[len(f)-1] ^= 0x20
	}
	if k.faults.Bounce {
		f = append(f, f...)
	}
	if k.faults.Noise { // no byte of it starts a frame
		f = append([]byte{0x00, 0xFF, 0x07}, f...)
	}
	if _, err := k.o.Line.Write(f); err != nil {
		return fmt.Errorf("keypad: %w", err)
	}
	return nil
}

// ear finds answers in what the gateway writes.
type ear struct{ buf []byte }

func (e *ear) hear(chunk []byte, answered func(address byte, seq uint16)) {
	e.buf = append(e.buf, chunk...)
	for {
		i := bytes.Index(e.buf, []byte{0xAA, 0x55})
		if i < 0 {
			e.buf = e.buf[max(0, len(e.buf)-1):] // the last byte may be half a header
			return
		}
		e.buf = e.buf[i:]
		if len(e.buf) < answerSize {
			return
		}
		f := e.buf[:answerSize]
		if f[2] == 4 && f[4] == cmdAnswer && xor(f[2:7]) == f[7] {
			answered(f[3], uint16(f[5])<<8|uint16(f[6]))
			e.buf = e.buf[answerSize:]
		} else {
			e.buf = e.buf[1:]
		}
	}
}
