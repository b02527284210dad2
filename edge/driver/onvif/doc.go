// Package onvif reads network cameras that speak ONVIF (Core Specification 23.12: clause 5.9.4 username token, clause 8.1 device
// information and time, clause 9 events; Media clause 5; Analytics annex A for CountAggregation). It is a small SOAP 1.2 client,
// the driver [Driver] on it and the search [Discover].
//
// Events are fetched through one PullPoint subscription, which is renewed and given back: cameras have a few of them, cannot
// list them and forget them with a restart only. What a camera says as Initialized is a state and no event.
//
// Known errata, all tolerated: inner addresses behind NAT and addresses of yesterday in every XAddr and subscription (host and
// port of the configured address are used instead); clocks of 1970 (the username token follows the camera's clock, which is asked
// without a login); topics that end in / or .; UtcTime of year zero; items under other names (the first item of the data
// counts); a connection that is closed when there is nothing to tell; subscriptions that need their reference parameters back
// (WS-Addressing, Core clause 9.1.1); Digest, username token, or both.
//
// Wrong passwords lock accounts: after one refused login a camera is asked nothing for [LoginPause].
package onvif

import (
	"errors"
	"time"
)

// Limits of what a camera may send. What exceeds one is refused, never kept.
const (
	maxAnswer     = 1 << 20 // bytes of an answer; a hundred events take about 80 KiB
	maxHeader     = 16 << 10
	maxEvents     = 100 // of one pull; the rest follows with the next
	maxItems      = 16  // of one event
	maxText       = 128 // bytes of a name or value that is kept
	maxParameters = 8   // of a subscription's address
	maxProfiles   = 32
	maxStates     = 64 // inputs, rules and troubles that are remembered
	maxTotals     = 32 // counting rules
	maxStep       = 1000
	sampleBytes   = 256 // of what is refused
)

// Times of the protocol and of the driver.
const (
	LoginPause   = 10 * time.Minute // after a refused login
	MaxSkew      = 3 * time.Minute  // a camera's clock further off is a fault
	Pull         = 60 * time.Second // how long a camera may wait for something to tell
	firstPull    = 5 * time.Second
	lifetime     = 10 * time.Minute       // of a subscription
	renewEvery   = 8 * time.Minute        // and the camera's clock is asked
	coolDown     = 750 * time.Millisecond // between two pulls
	askTime      = 10 * time.Second       // for one question
	pullGrace    = 10 * time.Second       // a pull may be answered so late
	stopTime     = 600 * time.Millisecond // for giving the subscription back
	snapshotTime = 5 * time.Second
	lateTime     = 2 * time.Minute  // values from the past for so long are the camera's present
	pulseTime    = 10 * time.Minute // a trouble told as an event without an end counts so long
	quickBreak   = 5 * time.Second
	maxBreaks    = 5 // pulls in a row that were cut quickly, or answered with what cannot be understood
	clockStep    = 2 * time.Second
)

// Errors of the client.
var (
	// ErrLogin says that the camera refused the user and password.
	ErrLogin = errors.New("login refused")
	// ErrAnswer says that an answer could not be understood.
	ErrAnswer = errors.New("answer cannot be understood")
)
