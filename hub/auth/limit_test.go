package auth

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiterIsBounded(t *testing.T) {
	l, now := newLimiter(), time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for i := range 2 * limiterEntries {
		now = now.Add(time.Millisecond)
		l.take("a", fmt.Sprint(i), now)
		if n := len(l.entries); n > limiterEntries {
			t.Fatalf("%d entries, want at most %d", n, limiterEntries)
		}
	}
	if n := len(l.entries); n < limiterEntries*3/4 {
		t.Errorf("%d entries: more was forgotten than had to be", n)
	}
	if last := limiterKeys("a", fmt.Sprint(2*limiterEntries-1)); l.entries[last[0]].count != 1 || l.entries[last[1]].count != 1 {
		t.Error("the newest failure was forgotten")
	}
}

func TestLimiterBoundsAnAddress(t *testing.T) {
	l, now := newLimiter(), time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for i := range FailuresAddress {
		if _, ok := l.take(fmt.Sprint(i), "10.0.0.1", now); !ok {
			t.Fatalf("attempt %d refused", i)
		}
	}
	if _, ok := l.take("one more", "10.0.0.1", now); ok {
		t.Error("an address that tries many accounts goes on")
	}
}

// TestLimiterBoundsANetwork: who has one IPv6 address has 2^64 of them.
func TestLimiterBoundsANetwork(t *testing.T) {
	l, now := newLimiter(), time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for i := range FailuresAllowed {
		if _, ok := l.take("clerk", fmt.Sprintf("2001:db8:1:2::%x", i), now); !ok {
			t.Fatalf("attempt %d refused", i)
		}
	}
	if _, ok := l.take("clerk", "2001:db8:1:2:ffff::1%eth0", now); ok {
		t.Error("another address of the same network goes on")
	}
	if _, ok := l.take("clerk", "2001:db8:1:3::1", now); !ok {
		t.Error("another network is refused")
	}
	l.succeeded("clerk", "2001:db8:1:2::7")
	if _, ok := l.take("clerk", "2001:db8:1:2::8", now); !ok {
		t.Error("a success was not counted for the network")
	}
	for i := range FailuresAllowed {
		if _, ok := l.take("guard", fmt.Sprintf("::ffff:10.0.0.%d", i), now); !ok {
			t.Fatalf("IPv4 address %d refused for its neighbours", i)
		}
	}
	if _, ok := l.take("guard", "10.0.0.9", now); !ok {
		t.Error("an IPv4 address is refused for its neighbours")
	}
}

func TestParseHashIsTotal(t *testing.T) {
	for _, s := range []string{"", "$", "$argon2id$v=19$m=1,t=1,p=1$$", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2i$v=19$m=1,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=x$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "a$b$c$d$e$f"} {
		if _, err := parseHash(s); err == nil {
			t.Errorf("parsed %q", s)
		}
	}
}
