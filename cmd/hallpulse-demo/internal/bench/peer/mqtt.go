// Package peer runs the programs that a county could use instead – Mosquitto, Telegraf, VictoriaMetrics – on the loopback
// network, and brings the same readings through them.
package peer

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// publisher speaks just enough MQTT 3.1.1 to publish at QoS 1 with many messages on their way. It costs less than a client
// library would, to the peer's advantage: the machine's cores are left to the peer.
type publisher struct {
	conn    net.Conn
	out     *bufio.Writer
	window  chan struct{} // one for each message that may be on its way
	failed  chan error    // the reader's end
	next    uint16
	written *atomic.Int64
	read    *atomic.Int64
}

// Control packets (MQTT 3.1.1, 2.2.1).
const (
	packetConnect    = 0x10
	packetConnAck    = 0x20
	packetPublishQ1  = 0x32
	packetPubAck     = 0x40
	packetDisconnect = 0xe0
)

const (
	maxOnTheirWay = 1000
	patience      = 30 * time.Second
)

func dial(addr, client string, written, read *atomic.Int64) (*publisher, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	p := &publisher{conn: conn, out: bufio.NewWriterSize(conn, 64<<10), window: make(chan struct{}, maxOnTheirWay),
		failed: make(chan error, 1), written: written, read: read}
	if err := p.connect(client); err != nil {
		_ = conn.Close()
		return nil, err
	}
	go func() { p.failed <- p.acks() }()
	return p, nil
}

// connect opens a clean session (MQTT 3.1.1, 3.1).
func (p *publisher) connect(client string) error {
	body := text(nil, "MQTT")
	body = append(body, 4, 0x02, 0, 0) // level, clean session, no keep alive
	body = text(body, client)
	if err := p.packet(packetConnect, body); err != nil {
		return err
	}
	if err := p.flush(); err != nil {
		return err
	}
	var answer [4]byte
	if _, err := io.ReadFull(p.conn, answer[:]); err != nil || answer[0] != packetConnAck || answer[3] != 0 {
		return fmt.Errorf("peer: the broker refuses the connection: % x %w", answer, err)
	}
	return nil
}

func text(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}

// publish sends a message, and waits while too many are on their way.
func (p *publisher) publish(topic string, payload []byte) error {
	select {
	case p.window <- struct{}{}:
	default: // what waits in the buffer may be what the window waits for
		if err := p.flush(); err != nil {
			return err
		}
		if err := p.room(); err != nil {
			return err
		}
	}
	if p.next++; p.next == 0 {
		p.next = 1
	}
	body := make([]byte, 0, len(topic)+len(payload)+4)
	body = binary.BigEndian.AppendUint16(text(body, topic), p.next)
	return p.packet(packetPublishQ1, append(body, payload...))
}

// room waits for a place in the window.
func (p *publisher) room() error {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case p.window <- struct{}{}:
		return nil
	case err := <-p.failed:
		p.failed <- err
		return err
	case <-late.C:
		return fmt.Errorf("peer: the broker acknowledged nothing for %v", patience)
	}
}

func (p *publisher) packet(kind byte, body []byte) error {
	head := binary.AppendUvarint([]byte{kind}, uint64(len(body))) // MQTT 3.1.1, 2.2.3: the same coding
	for _, part := range [][]byte{head, body} {
		n, err := p.out.Write(part)
		p.written.Add(int64(n))
		if err != nil {
			return fmt.Errorf("peer: publish: %w", err)
		}
	}
	return nil
}

func (p *publisher) flush() error {
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("peer: publish: %w", err)
	}
	return nil
}

// acks takes PUBACKs until the connection ends.
func (p *publisher) acks() error {
	in := bufio.NewReader(p.conn)
	var ack [4]byte
	for {
		if _, err := io.ReadFull(in, ack[:]); err != nil {
			return fmt.Errorf("peer: the broker closed the connection: %w", err)
		}
		p.read.Add(int64(len(ack)))
		if ack[0] != packetPubAck {
			return fmt.Errorf("peer: packet %#x where an acknowledgement should be", ack[0])
		}
		<-p.window
	}
}

// close waits until everything is acknowledged and ends the connection.
func (p *publisher) close() error {
	err := p.flush()
	for range cap(p.window) {
		if err == nil {
			err = p.room()
		}
	}
	if err == nil {
		if err = p.packet(packetDisconnect, nil); err == nil {
			err = p.flush()
		}
	}
	_ = p.conn.Close()
	p.failed <- <-p.failed // the reader has ended
	return err
}
