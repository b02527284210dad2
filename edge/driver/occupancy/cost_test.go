package occupancy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"hallpulse/edge/driver/drivertest"
	"hallpulse/edge/simulator/contacts"
)

// doors is how many pairs the benchmark has: many, so that a sampling profile sees what they do.
const doors = 300

// BenchmarkIdleDoors tells what doors cost through which nobody goes: a second of all of them an operation, and as a share of
// one core for four.
func BenchmarkIdleDoors(b *testing.B) {
	var names []string
	for i := range 2 * doors {
		names = append(names, fmt.Sprint("line", i))
	}
	board, out := contacts.New(names...), &drivertest.Sink{}
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	for i := range doors {
		drv := New(Options{Opener: board, Outer: names[2*i], Inner: names[2*i+1]})
		wg.Go(func() {
			if err := drv.Run(ctx, out); err != nil && !errors.Is(err, context.Canceled) {
				b.Error(err)
			}
		})
	}
	begin, used := time.Now(), cpu(b)
	for b.Loop() {
		<-time.After(time.Second)
	}
	share := float64(cpu(b)-used) / float64(time.Since(begin))
	b.ReportMetric(100*share*4/doors, "%core/4doors")
	cancel()
	wg.Wait()
}

// cpu is the processor time of this process so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
