package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"hallpulse/hall"
)

// Action is what a request wants.
type Action string

// The actions.
const (
	ListTerminals Action = "terminals"   // how every attendance terminal is
	GiveOrder     Action = "order"       // Serial, Kind, and From and To where the kind has them
	Acknowledge   Action = "acknowledge" // Serial: somebody has looked at the opened case
	ListRelays    Action = "relays"      // how every relay is
	SwitchRelay   Action = "switch"      // Device and On
)

// Request is one line of JSON, for example {"do":"order","serial":"CEXA000000001","kind":"info"}.
type Request struct {
	Do     Action        `json:"do"`
	Serial string        `json:"serial,omitempty"`
	Kind   string        `json:"kind,omitempty"`
	From   string        `json:"from,omitempty"` // as ParseTime takes it
	To     string        `json:"to,omitempty"`
	Device hall.DeviceID `json:"device,omitempty"`
	On     *bool         `json:"on,omitempty"`
}

// DecodeRequest reads a request. Any bytes give a request that has all that its action needs, and nothing else, or an error.
func DecodeRequest(line []byte) (r Request, err error) {
	if len(line) > MaxRequest {
		return Request{}, fmt.Errorf("control: request: more than %d bytes", MaxRequest)
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("control: request: %.200v", err) // it may have the whole of an unknown name
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Request{}, errors.New("control: request: something follows it")
	}
	if err := r.check(); err != nil {
		return Request{}, fmt.Errorf("control: request: %w", err)
	}
	return r, nil
}

// check says what a request lacks, or has too much.
func (r *Request) check() error {
	has := []struct {
		name string
		is   bool
		size int
	}{
		{"serial", r.Serial != "", len(r.Serial)}, {"kind", r.Kind != "", len(r.Kind)}, {"from", r.From != "", len(r.From)},
		{"to", r.To != "", len(r.To)}, {"device", r.Device != "", len(r.Device)}, {"on", r.On != nil, 0},
	}
	needs, known := map[Action]string{
		ListTerminals: "      ", GiveOrder: "++??  ", Acknowledge: "+     ", ListRelays: "      ", SwitchRelay: "    ++",
	}[r.Do]
	if !known {
		return fmt.Errorf("no action %.40q", string(r.Do))
	}
	for i, h := range has {
		switch {
		case h.size > maxWord:
			return fmt.Errorf("%s is longer than %d bytes", h.name, maxWord)
		case needs[i] == '+' && !h.is:
			return fmt.Errorf("%s needs %s", r.Do, h.name)
		case needs[i] == ' ' && h.is:
			return fmt.Errorf("%s takes no %s", r.Do, h.name)
		}
	}
	return nil
}
