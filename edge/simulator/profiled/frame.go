package profiled

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
)

// Dispenser is a ticket dispenser on a binary frame with a counter:
//
//	A5 5A LEN LEN CMD DATA CRC CRC    LEN counts CMD to CRC, the CRC is CRC-16/XMODEM of LEN to DATA; all high byte first
//
// 31 ticket (queue, number, ahead, counter), 32 heartbeat; B1 answers a counter. It is safe for concurrent use.
type Dispenser struct {
	device
	ear []byte
}

const answerSize = 9 // A5 5A 00 05 B1 SEQ SEQ CRC CRC

// NewDispenser gives a dispenser.
func NewDispenser(o Options) *Dispenser { return &Dispenser{device: newDevice(o)} }

// Print issues ticket n of a queue, 1 (A) to 8 (H), and gives its counter. It is said again until it is answered.
func (p *Dispenser) Print(queue, n, ahead int) (seq uint32, err error) {
	if queue < 1 || queue > 8 {
		return 0, fmt.Errorf("profiled: no queue %d", queue)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remember(func(seq uint32) []byte {
		data := binary.BigEndian.AppendUint16([]byte{byte(queue)}, uint16(n))
		data = binary.BigEndian.AppendUint16(data, uint16(ahead))
		return frame(0x31, binary.BigEndian.AppendUint16(data, uint16(seq)))
	})
}

// Run lets the dispenser beat, repeat and hear answers until ctx ends or its wire is closed.
func (p *Dispenser) Run(ctx context.Context) { p.run(ctx, frame(0x32, nil), p.hear) }

func (p *Dispenser) hear(chunk []byte) {
	p.ear = append(p.ear, chunk...)
	for {
		i := bytes.Index(p.ear, []byte{0xA5, 0x5A})
		if i < 0 {
			p.ear = p.ear[max(0, len(p.ear)-1):]
			return
		}
		if p.ear = p.ear[i:]; len(p.ear) < answerSize {
			return
		}
		seq := p.ear[5:7]
		if !bytes.Equal(p.ear[:answerSize], frame(0xB1, seq)) {
			p.ear = p.ear[1:]
			continue
		}
		p.answered(uint32(binary.BigEndian.Uint16(seq)))
		p.ear = p.ear[answerSize:]
	}
}

func frame(cmd byte, data []byte) []byte {
	out := append([]byte{0xA5, 0x5A}, binary.BigEndian.AppendUint16(nil, uint16(1+len(data)+2))...)
	out = append(append(out, cmd), data...)
	return binary.BigEndian.AppendUint16(out, xmodem(out[2:]))
}

// xmodem is CRC-16/XMODEM; over "123456789" it is 31C3.
func xmodem(b []byte) (crc uint16) {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
