// Package control is a technician's hand on a gateway that runs: a unix socket in its data folder. It can tell how the attendance
// terminals and relays are, and give them orders.
//
// The socket is no way in from the network. Its mode is 0600, and a caller must be the gateway's user or root ([unix(7)],
// SO_PEERCRED). One connection carries one request and one answer, each a line of JSON. What acts on a device is logged with
// who asked for it.
//
// [unix(7)]: https://man7.org/linux/man-pages/man7/unix.7.html
package control

import (
	"errors"
	"time"
)

// SocketFile is the socket's name in a gateway's data folder.
const SocketFile = "control.sock"

// Limits of a conversation.
const (
	MaxRequest = 4 << 10 // bytes of a request
	MaxAnswer  = 4 << 20 // bytes of an answer
	maxWord    = 128     // bytes of a word in a request
	maxPath    = 107     // bytes of a socket's path: sun_path of unix(7) without its end
	maxCallers = 8       // connections at once; more wait
	mode       = 0o600
)

// Times of a conversation.
const (
	readTime  = 5 * time.Second  // a caller sends its request within this
	actTime   = 5 * time.Second  // a request is carried out within this
	writeTime = 5 * time.Second  // a caller takes its answer within this
	askTime   = 20 * time.Second // a caller waits this long in all
	dialTime  = time.Second      // a gateway that lives takes a connection within this
)

// Errors of a socket.
var (
	ErrInUse     = errors.New("control: another gateway holds the socket")
	ErrNoGateway = errors.New("control: no gateway runs there")
	ErrDenied    = errors.New("control: only the gateway's user and root may do this")
	ErrNoAnswer  = errors.New("control: the gateway did not answer")
	errPath      = errors.New("control: the socket's path is too long for a unix socket: choose a shorter data_dir")
)
