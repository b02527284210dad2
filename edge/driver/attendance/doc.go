// Package attendance reads attendance terminals that speak the ZKTeco attendance PUSH protocol ("ADMS", "iclock",
// protocol 2.2.14 to 2.4.2). The gateway is the HTTP server; terminals post their punches to it and poll it for
// commands. One [Server] serves every terminal of the hall; [Server.Terminal] gives the driver of one of them.
//
// A terminal has a memory: it keeps a punch until it has read "OK: n" with the right n, and sends it again otherwise,
// and also after a restart, a CHECK or a change of server. So a punch is journalled before it is answered, every line of
// a body is counted in n even when it was set aside, and a punch already journalled is answered and not journalled
// again. The protocol's stamps are echoed and otherwise ignored: newer firmware sends a constant.
//
// The protocol is not authenticated: a serial number is all that a terminal shows. A terminal may be tied to the
// address it is at ([TerminalOptions.From]); templates, photographs and names are counted and dropped, never logged.
package attendance

import (
	"time"

	"hallpulse/edge/inbound"
)

// Limits of what a terminal may send. What exceeds one is refused or cut, never kept.
const (
	MaxBody       = 2 << 20 // bytes of a request's body; 10,000 punches take about half a MiB
	maxHeader     = 16 << 10
	maxLine       = 1024 // bytes of an ATTLOG line
	maxPIN        = 24   // bytes of a user number
	maxWorkcode   = 32
	maxSerial     = 32
	maxStamp      = 24
	maxConns      = 64 // open connections together
	maxConnsPerIP = 16
	maxUploads    = 8 // bodies held in memory at once
	maxUploadsOf  = 2 // of one terminal: a new one beside one whose connection died, and room is left for the others
	maxPending    = 64
	maxInfo       = 256
	maxCommand    = 1024
	maxQueue      = 32 // commands waiting for one terminal
	maxResults    = 64
	maxResultText = 4096
	maxKeys       = 50_000 // punches remembered; about 60 bytes each
	maxPINs       = 10_000 // users of one terminal whose numbers are remembered
)

// Times of the protocol and of the server.
const (
	Delay        = 10 * time.Second // between two polls of a healthy terminal; sent with the handshake
	errorDelay   = 30 * time.Second // between two tries of a terminal that was refused
	Silence      = 3*Delay + 15*time.Second
	storeTime    = 40 * time.Second       // a batch is journalled within this or not acknowledged
	startTime    = 800 * time.Millisecond // a driver waits this long for the server to listen
	MaxSkew      = 3 * time.Minute        // a terminal's clock further off is a fault
	answerTime   = time.Minute            // a command without result is sent again after this
	maxRange     = 62 * 24 * time.Hour    // of a query or a verification
	repairMargin = 2 * time.Minute        // around a gap that is asked for
	tamperAge    = 24 * time.Hour         // an older alarm of the audit log is history
	twinTime     = 2 * time.Minute        // two addresses in turn within this: two terminals
	commandTries = 3
)

// patience is how long a connection may take for each thing; tests shorten it.
type patience struct {
	inbound.Times
	slot time.Duration // a body waits this long for room
}

func defaultPatience() patience {
	return patience{Times: inbound.Times{Header: 10 * time.Second, Read: 30 * time.Second, Write: 60 * time.Second, Idle: 30 * time.Second, Stop: 500 * time.Millisecond},
		slot: 5 * time.Second}
}
