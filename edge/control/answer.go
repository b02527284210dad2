package control

import (
	"encoding/json"
	"fmt"
	"time"

	"hallpulse/hall"
)

// Answer is one line of JSON: what was asked for, or Problem.
type Answer struct {
	AsOf      time.Time  `json:"as_of,omitzero"` // the hall's clock
	Terminals []Terminal `json:"terminals,omitempty"`
	Relays    []Relay    `json:"relays,omitempty"`
	Problem   *Problem   `json:"problem,omitempty"` // why nothing was done; nil: it was
}

// Tamper says what is known of a terminal's case.
type Tamper string

// The states of a case.
const (
	TamperNone    Tamper = "none"    // no alarm
	TamperOpened  Tamper = "opened"  // it was opened, and nobody acknowledged that
	TamperUnknown Tamper = "unknown" // the terminal was not heard, or not for long
)

// Terminal is an attendance terminal. Numbers that it does not tell are -1. Nothing in it identifies a person.
type Terminal struct {
	Serial   string        `json:"serial"`
	Device   hall.DeviceID `json:"device"`
	Name     hall.Text     `json:"name"`
	Health   string        `json:"health"`
	Reason   hall.Reason   `json:"reason"`
	Firmware string        `json:"firmware,omitempty"`
	Users    int           `json:"users"`
	Records  int           `json:"records"`                 // punches that it holds
	Skew     *float64      `json:"skew_seconds,omitempty"`  // its clock minus the hall's; nil: not known
	LastSeen time.Time     `json:"last_seen,omitzero"`      // the hall's clock; zero: never since the gateway's start
	Waiting  int           `json:"pending"`                 // orders without a result
	Results  []Result      `json:"results,omitempty"`       // what became of orders, oldest first; the newest MaxResults
	Tamper   Tamper        `json:"tamper"`                  //
	OpenedAt string        `json:"tamper_opened,omitempty"` // when, on the terminal's clock
}

// Bounds of what is told of orders.
const (
	MaxResults    = 20
	MaxResultText = 1024 // bytes
)

// Result is what became of an order. An order may be several lines for the terminal.
type Result struct {
	ID      string    `json:"id"`
	Command string    `json:"command"` // as the terminal was told
	Done    bool      `json:"done"`
	Code    int       `json:"code"`          // 0: it did it; else its error, or -1003: it never answered
	Sum     int       `json:"sum,omitempty"` // punches that it counted
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Relay is a relay.
type Relay struct {
	Device hall.DeviceID `json:"device"`
	Name   hall.Text     `json:"name"`
	Health string        `json:"health"`
	Reason hall.Reason   `json:"reason"`
	On     *bool         `json:"on,omitempty"` // as read back; nil: not known now
	At     time.Time     `json:"at,omitzero"`  // of that
}

// Problem is why a request was not carried out, for people.
type Problem struct {
	Code    string    `json:"code"`
	Message hall.Text `json:"message"`
}

// Codes of problems.
const (
	CodeRequest  = "bad_request"
	CodeUnknown  = "unknown" // no such terminal, relay or kind of order
	CodeRange    = "bad_range"
	CodeDenied   = "denied"
	CodeFailed   = "failed" // the device, or the way to it
	CodeTooLarge = "too_large"
)

// Error gives the English text.
func (p *Problem) Error() string { return "control: " + p.Message.In("en") }

// decodeAnswer reads an answer: any bytes give one or an error. What a newer gateway tells beside is passed over.
func decodeAnswer(line []byte) (a Answer, err error) {
	if err := json.Unmarshal(line, &a); err != nil {
		return Answer{}, fmt.Errorf("control: answer: %w", err)
	}
	return a, nil
}
