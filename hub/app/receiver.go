package app

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/broker"
	"hallpulse/hub/ingest"
	"hallpulse/hub/live"
	"hallpulse/hub/store"
)

// acks sends acks through the broker, which starts after those who send them. One that finds no broker is lost, which is
// harmless: the gateway asks again.
type acks struct{ to atomic.Pointer[broker.Broker] }

var _ ingest.Acker = (*acks)(nil)

// Ack sends an ack to a hall.
func (k *acks) Ack(id hall.HallID, a wire.Ack) {
	if b := k.to.Load(); b != nil {
		b.Ack(id, a)
	}
}

// receiver gives what gateways say to those who want it. It never blocks; what cannot be read is noted.
type receiver struct {
	live   *live.Store
	ingest *ingest.Ingest
	notes  *notes
	now    func() time.Time
}

var _ broker.Receiver = (*receiver)(nil)

var (
	errSection = errors.New("the section is not the topic's")
	errForeign = errors.New("the birth of another hall")
)

// Receive dispatches one message.
func (r *receiver) Receive(id hall.HallID, what, sub string, payload []byte) bool {
	if what == wire.WhatLog {
		lane, ok := wire.ParseLane(sub)
		return ok && r.ingest.Receive(id, lane, payload)
	}
	if err := r.state(id, what, sub, payload); err != nil {
		now := r.now()
		r.notes.add(store.Refusal{What: "message", Who: string(id), Topic: topicOf(id, what, sub), Reason: err.Error(), Count: 1, First: now, Last: now})
		return false
	}
	return true
}

// state takes what tells how a hall is now.
func (r *receiver) state(id hall.HallID, what, sub string, payload []byte) error {
	switch what {
	case wire.WhatBirth:
		b, err := wire.DecodeBirth(payload)
		if err == nil && b.Hall.ID != id {
			err = fmt.Errorf("%w: %s", errForeign, b.Hall.ID)
		}
		if err != nil {
			return err
		}
		r.live.Birth(id, b)
		r.ingest.Birth(id, b)
	case wire.WhatState:
		s, err := wire.DecodeSnapshot(payload)
		if err == nil && string(s.Section) != sub {
			err = fmt.Errorf("%w: %s", errSection, s.Section)
		}
		if err != nil {
			return err
		}
		r.live.Apply(id, s)
	case wire.WhatWill:
		w, err := wire.DecodeWill(payload)
		if err != nil {
			return err
		}
		r.live.Will(id, w)
	default:
		return fmt.Errorf("app: nobody takes %q", what)
	}
	return nil
}

func topicOf(id hall.HallID, what, sub string) string {
	topic := wire.TopicHall(id) + what
	if sub != "" {
		topic += "/" + sub
	}
	return topic
}
