package keypad

import (
	"context"
	"time"
)

// Run lets the keypad beat, repeat and hear answers until ctx ends or its wire is closed.
func (k *Keypad) Run(ctx context.Context) {
	beat := time.NewTicker(k.o.Heartbeat)
	defer beat.Stop()
	again := time.NewTicker(k.o.Resend)
	defer again.Stop()
	k.beat()
	var ear ear
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			k.beat()
		case <-again.C:
			k.repeat()
		case chunk, ok := <-k.heard:
			if !ok {
				return
			}
			ear.hear(chunk, k.answered)
		}
	}
}

func (k *Keypad) beat() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.muted {
		_ = k.send(cmdHeartbeat) // an unplugged keypad beats, too
	}
}

// repeat sends the oldest presses that are not answered.
func (k *Keypad) repeat() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.muted {
		return
	}
	for _, p := range k.unacked[:min(len(k.unacked), perRound)] {
		_ = k.sendPress(p) // it is repeated
	}
}

// answered forgets a press. An answer to another keypad, or to a press forgotten already, changes nothing.
func (k *Keypad) answered(address byte, seq uint16) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if address != byte(k.o.Address) || k.muted {
		return
	}
	for i, p := range k.unacked {
		if p.seq == seq {
			k.unacked = append(k.unacked[:i], k.unacked[i+1:]...)
			close(k.changed)
			k.changed = make(chan struct{})
			return
		}
	}
}
