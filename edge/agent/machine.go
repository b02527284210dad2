package agent

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// machine tells the time since the machine started.
type machine struct {
	id string // of this start of the machine; empty: not known
	up func() time.Duration
}

// thisMachine reads Linux' own words; elsewhere every start of the program counts as one of the machine.
func thisMachine() machine {
	began := time.Now()
	m := machine{up: func() time.Duration { return time.Since(began) }}
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	first, ok := uptime()
	if err == nil && ok {
		m.id = strings.TrimSpace(string(id))
		m.up = func() time.Duration { return first + time.Since(began) }
	}
	return m
}

func uptime() (time.Duration, bool) {
	text, err := os.ReadFile("/proc/uptime")
	word, _, ok := strings.Cut(string(text), " ")
	seconds, bad := strconv.ParseFloat(word, 64)
	return time.Duration(seconds * float64(time.Second)), err == nil && ok && bad == nil
}
