package localbroker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// maxConnect is the longest CONNECT, in bytes: an id, a user, a password and a will.
const maxConnect = 8 << 10

const connectType = 0x10 // MQTT 3.1.1, 3.1.1: the type and the flags of a CONNECT

var errOpening = errors.New("does not begin with a CONNECT")

// opened is a connection whose first bytes were read; they come again. A write that nobody takes ends it.
type opened struct {
	net.Conn
	first *bytes.Reader
}

// Read gives the first bytes again, then the connection's.
func (c *opened) Read(p []byte) (int, error) {
	if c.first.Len() > 0 {
		return c.first.Read(p)
	}
	return c.Conn.Read(p)
}

// Write writes within writeTime.
func (c *opened) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		_ = c.Close() // half a packet went out: what mochi writes next would be read as its rest
	}
	return n, err
}

// opening reads the fixed header of a connection's first packet. mochi makes room for whatever length a header names:
// strangers could make it take all the memory there is.
func opening(c net.Conn) (net.Conn, error) {
	var head [3]byte // as long as the header of a CONNECT within maxConnect (2.2.3: seven bits a byte)
	if _, err := io.ReadFull(c, head[:2]); err != nil {
		return nil, err
	}
	n := 2
	if head[1] >= 0x80 {
		if _, err := io.ReadFull(c, head[2:]); err != nil {
			return nil, err
		}
		n = 3
	}
	length, size := binary.Uvarint(head[1:n])
	if head[0] != connectType || size <= 0 || length > maxConnect {
		return nil, errOpening
	}
	return &opened{c, bytes.NewReader(head[:n])}, nil
}
