package agent

import (
	"errors"
	"testing"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// TestAliveStaysBehindDebt: the sign of life never passes what is heard and not durable, so that a kill leaves a gap that
// names it.
func TestAliveStaysBehindDebt(t *testing.T) {
	d := &disk{}
	r, _ := newTest(t, d, at(day))
	invite := func(at hall.Stamp) hall.Fact {
		return hall.Fact{Kind: hall.KindInvite, At: at, Invite: &hall.Invite{Window: "w1"}}
	}
	first, second := r.Stamp(), r.Stamp()
	if got := r.alive(); got.Mono != first.Mono {
		t.Errorf("alive at %v, want the first debt at %v", got.Mono, first.Mono)
	}
	d.fail(errors.New("full"))
	if err := r.Fact(t.Context(), invite(first)); err == nil {
		t.Fatal("stored on a full disk")
	}
	if got := r.alive(); got.Mono != first.Mono {
		t.Errorf("alive at %v after a failure, want %v", got.Mono, first.Mono)
	}
	d.fail(nil)
	if err := r.Fact(t.Context(), invite(first)); err != nil {
		t.Fatal(err)
	}
	if got := r.alive(); got.Mono != second.Mono {
		t.Errorf("alive at %v, want the second debt at %v", got.Mono, second.Mono)
	}
	if err := r.Fact(t.Context(), invite(second)); err != nil {
		t.Fatal(err)
	}
	d.fail(errors.New("full"))
	if err := r.Fact(t.Context(), invite(hall.Stamp{})); err == nil { // its device is told, and keeps it
		t.Fatal("stored on a full disk")
	}
	d.fail(nil)
	third := r.Stamp()
	long := invite(third)
	long.Invite.Number = "a number that no record can hold"
	if err := r.Fact(t.Context(), long); !errors.Is(err, driver.ErrPermanent) {
		t.Errorf("a fact that can never be stored: %v", err)
	}
	if got := r.alive(); got.Mono <= third.Mono || len(r.owed) != 0 {
		t.Errorf("alive at %v with %d debts", got.Mono, len(r.owed))
	}
}
