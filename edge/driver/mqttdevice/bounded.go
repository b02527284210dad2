package mqttdevice

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// MaxMessage is the longest message that is read, in bytes: a bridge describes all its devices in one message. The MQTT
// library makes room for whatever length a packet names, up to 256 MiB.
const MaxMessage = 2 << 20

var errTooLong = errors.New("a message is too long")

// bounded is a connection that ends at a packet that is too long. It follows the packets through the bytes it reads.
type bounded struct {
	net.Conn
	m meter
}

// Read reads and measures.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if long := b.m.feed(p[:n]); long != nil {
		return 0, long
	}
	return n, err
}

// meter follows MQTT packets: a byte of type, one to four of length (2.2.3, seven bits each), the rest.
type meter struct {
	header int    // bytes of the header that were read; 0: between packets
	length uint32 // as far as it was read
	rest   uint32 // bytes of the packet still to come
}

func (m *meter) feed(p []byte) error {
	for len(p) > 0 {
		if m.rest > 0 {
			n := min(uint32(len(p)), m.rest)
			m.rest -= n
			p = p[n:]
			continue
		}
		c := p[0]
		p = p[1:]
		if m.header == 0 {
			m.header, m.length = 1, 0
			continue
		}
		m.length |= uint32(c&0x7f) << (7 * (m.header - 1))
		if m.header++; c&0x80 != 0 && m.header <= 4 {
			continue
		}
		if c&0x80 != 0 || m.length > MaxMessage {
			return errTooLong
		}
		m.header, m.rest = 0, m.length
	}
	return nil
}

// secure begins TLS on a connection.
func (c *Client) secure(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.o.TLS != nil {
		config = c.o.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	secure := tls.Client(conn, config)
	return secure, secure.HandshakeContext(ctx)
}
