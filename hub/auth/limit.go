package auth

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Limits of failed logins.
const (
	FailuresAllowed  = 5                // in a row for one account from one address
	FailuresAddress  = 30               // for one address whatever the account
	FailureForgotten = 15 * time.Minute // after the last one
	limiterEntries   = 8192             // remembered at most; beyond, the oldest eighth is forgotten
)

type failures struct {
	count int
	last  time.Time
}

// limiter counts failed logins by account and address. Its memory is bounded.
type limiter struct {
	mu      sync.Mutex
	entries map[string]failures
}

func newLimiter() *limiter { return &limiter{entries: map[string]failures{}} }

func limiterKeys(account, address string) [2]string {
	address = network(address)
	return [2]string{"a\x00" + account + "\x00" + address, "i\x00" + address}
}

// network gives what one client has: an address of IPv4, but a /64 of IPv6, in which it may take any.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// take counts an attempt as failed before its password is looked at, so that attempts at once cannot slip through, and
// says whether it may go on. A refused attempt gets the time to wait.
func (l *limiter) take(account, address string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := limiterKeys(account, address)
	for i, limit := range [2]int{FailuresAllowed, FailuresAddress} {
		f := l.entries[keys[i]]
		if left := FailureForgotten - now.Sub(f.last); f.count >= limit && left > 0 {
			return left, false
		}
	}
	for _, k := range keys {
		f := l.entries[k]
		if now.Sub(f.last) >= FailureForgotten {
			f.count = 0
		}
		l.entries[k] = failures{f.count + 1, now}
	}
	l.shrink(now)
	return 0, true
}

// succeeded takes back what take counted, and forgets the account's failures from that address.
func (l *limiter) succeeded(account, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := limiterKeys(account, address)
	delete(l.entries, keys[0])
	if f := l.entries[keys[1]]; f.count > 1 {
		l.entries[keys[1]] = failures{f.count - 1, f.last}
	} else {
		delete(l.entries, keys[1])
	}
}

// shrink forgets what has expired and, where that is not enough, the oldest. It makes room for many at a time: who sends
// logins from ever new addresses must not make each of them cost a walk over all.
func (l *limiter) shrink(now time.Time) {
	if len(l.entries) <= limiterEntries {
		return
	}
	forget := func(until time.Time) {
		for k, f := range l.entries {
			if !f.last.After(until) {
				delete(l.entries, k)
			}
		}
	}
	forget(now.Add(-FailureForgotten))
	if len(l.entries) <= limiterEntries {
		return
	}
	times := make([]time.Time, 0, len(l.entries))
	for _, f := range l.entries {
		times = append(times, f.last)
	}
	slices.SortFunc(times, time.Time.Compare)
	forget(times[len(times)-limiterEntries*7/8-1])
}
