// Package hikvision reads access terminals and counting cameras that speak ISAPI (HTTP with Digest; ISAPI and HCNetSDK
// developer guides "Person Arming", "People Counting", "Queue Management"). A device is read in one of two ways: it posts its
// events to the gateway ([Server], mode listen, "HTTP listening" in the device's menu), or the gateway holds its alertStream
// open (mode stream, "arming"). [Server.Terminal] and [Server.Counter] give the drivers of both ways.
//
// Devices send again: all their history when the listening host is set first, and what an outage held back, in a burst. So
// a punch is known by terminal, person and second, whatever its number; a post is answered with 200 only once its
// facts are durable. A terminal with a login is also searched for stored events (AcsEvent) after every connect, after a gap of
// serialNo and now and then, so that nothing is lost whichever way failed.
//
// Known errata, all tolerated: no part names, pictures before the event, XML where JSON was asked, no namespace or one of
// four, numbers as text, empty numbers, events in a member of another name, stray bytes between parts, a wrong
// Content-Length, a stream that is closed after 40 seconds, a stream that says nothing and stays open.
//
// Pictures are dropped unread; names, card numbers and labels are never kept, sent or logged. Wrong passwords lock accounts
// of these devices for half an hour: after one refused login a device is asked nothing for [LoginPause].
package hikvision

import (
	"time"

	"hallpulse/edge/inbound"
)

// Limits of what a device may send. What exceeds one is refused or skipped, never kept.
const (
	MaxBody       = 16 << 20  // bytes of a post, pictures included
	maxText       = 256 << 10 // bytes of an event
	maxAnswer     = 512 << 10 // bytes of an answer to a question; 30 stored events take about 30 KiB
	maxHead       = 4 << 10   // bytes of a part's headers
	maxBoundary   = 72        // bytes, RFC 2046 5.1.1 and the two dashes
	maxJunk       = 64 << 10  // bytes without a boundary after which any line of a boundary's form is one
	maxPicture    = 16 << 20  // bytes of a part that is skipped
	maxEvents     = 16        // events of one post
	maxHeader     = 16 << 10
	maxConns      = 64 // open connections together
	maxConnsPerIP = 16
	maxPosts      = 8      // posts read at once
	maxKeys       = 50_000 // punches remembered; about 60 bytes each
	maxPerson     = 24     // bytes of a person's number
	maxDeviceTxt  = 64     // bytes of a serial number, model or version
	maxTotals     = 32     // channels and regions of one counter
	maxStep       = 1000
	maxQueue      = 1000 // people in a line; cameras count to 60
)

// Times of the protocol and of the drivers.
const (
	LoginPause      = 10 * time.Minute // after a refused login: three tries in half an hour are under every lock's limit
	MaxSkew         = 3 * time.Minute  // a device's clock further off is a fault
	Interval        = 30 * time.Second // between two looks at a device's clock
	streamHeartbeat = 10 * time.Second // of cameras from version 5.5.0 on
	postHeartbeat   = time.Minute      // the devices' menus allow 30 s and more
	askTime         = 10 * time.Second // for one question
	storeTime       = 40 * time.Second // the facts of a post are durable within this or it is not acknowledged
	startTime       = 800 * time.Millisecond
	searchEvery     = 10 * time.Minute // the stored events are read again, come what may
	searchPause     = time.Minute      // between two searches because of a gap
	searchOverlap   = 10 * time.Minute // events are stored a little late and clocks are set
	pushLate        = 2 * time.Minute  // a stored punch older than this should have been posted
	lateTime        = 5 * time.Minute  // reports from the past for this long: the counter's clock was set back
	reopenPause     = time.Second      // between two streams that the device closed in good order
	tamperAge       = 24 * time.Hour   // an older tamper event is history
	pageEvents      = 30               // devices give no more, whatever is asked
	maxPages        = 2000
	maxFutile       = 6 // doublings of searchPause after searches that found nothing
)

// patience is how long things may take; tests shorten it.
type patience struct {
	inbound.Times
	slot                time.Duration // a post waits this long for room
	ask, reopen, search time.Duration
}

func defaultPatience() patience {
	return patience{Times: inbound.Times{Header: 10 * time.Second, Read: 30 * time.Second, Write: 60 * time.Second, Idle: 60 * time.Second, Stop: 500 * time.Millisecond}, slot: 5 * time.Second, ask: askTime, reopen: reopenPause, search: searchPause}
}
