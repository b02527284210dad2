// Package life lets people live in a simulated hall: visitors arrive, take tickets, are called, served and asked for a
// rating; staff punch. It moves simulated equipment only; it knows nothing of the gateway that reads it.
package life

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"hallpulse/hall"
)

// Gear is the hall's equipment as people use it. A nil function means the hall does not own that equipment. Each returns
// when the equipment has acted; an error means that it did not (it is unplugged), which people live with.
type Gear struct {
	Ticket func(number string, category hall.Category, ahead int) error
	Call   func(w hall.WindowID, number string) error
	Invite func(w hall.WindowID, number string) error
	Press  func(w hall.WindowID, level int) error
	Pass   func(d hall.Direction) error
	Punch  func(pin hall.StaffNo, status int) error
}

// Options of a hall's life.
type Options struct {
	Gear       Gear
	Windows    []hall.WindowID
	Categories []hall.Category
	Staff      []hall.StaffNo
	Arrivals   time.Duration // mean time between two visitors
	Service    time.Duration // mean time of a service
	Speed      float64       // 1: as in life; 10: ten times faster. 0: 1
	Burst      time.Duration // a coach arrives this long after the start and then every ten minutes; 0: never
	BurstSize  int
	Seed       uint64
	Wrap       int // numbers restart after this one; 0: 999
}

type visitor struct {
	number   string
	category hall.Category
}

type life struct {
	Options
	rnd      *rand.Rand
	agenda   agenda
	queue    []visitor
	serving  map[hall.WindowID]*visitor
	counters map[hall.CategoryID]int
	inside   int
}

// Run lets the hall live until ctx ends.
func Run(ctx context.Context, o Options) {
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.Wrap <= 0 {
		o.Wrap = 999
	}
	l := &life{Options: o, rnd: rand.New(rand.NewPCG(o.Seed, 7)), serving: map[hall.WindowID]*visitor{}, counters: map[hall.CategoryID]int{}}
	l.begin()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, ok := l.agenda.peek()
		if !ok {
			return
		}
		timer.Reset(time.Until(next))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			l.agenda.pop()()
		}
	}
}

// in plans f after d of the hall's time.
func (l *life) in(d time.Duration, f func()) {
	l.agenda.push(time.Now().Add(time.Duration(float64(d)/l.Speed)), f)
}

// around gives a time of mean d, spread as waiting times are but never absurd.
func (l *life) around(d time.Duration) time.Duration {
	return min(time.Duration(float64(d)*(0.25+0.75*l.rnd.ExpFloat64())), 4*d)
}

func (l *life) begin() {
	for i, pin := range l.Staff {
		l.in(time.Duration(2+3*i)*time.Second, func() { l.punch(pin, 0) })
		l.in(l.around(20*time.Minute), func() { l.breakOut(pin) })
	}
	for range 3 {
		l.in(l.around(4*time.Second), l.arrive)
	}
	l.in(l.around(l.Arrivals), l.nextArrival)
	if l.Burst > 0 && l.BurstSize > 0 {
		l.in(l.Burst, l.burst)
	}
}

func (l *life) nextArrival() {
	l.arrive()
	mean := l.Arrivals
	if len(l.queue) > 4 {
		mean *= 2 // people see the queue and come back later
	}
	l.in(l.around(mean), l.nextArrival)
}

func (l *life) burst() {
	for i := range l.BurstSize {
		l.in(time.Duration(i)*900*time.Millisecond, l.arrive)
	}
	l.in(10*time.Minute, l.burst)
}

// arrive lets a visitor in. In a hall without a dispenser the visitor goes to a free window at once.
func (l *life) arrive() {
	l.pass(hall.In)
	if l.Gear.Ticket == nil {
		l.in(3*time.Second, func() { l.queue = append(l.queue, visitor{}); l.callNext() })
		return
	}
	l.in(l.around(2*time.Second), l.takeTicket)
}

func (l *life) takeTicket() {
	c := l.Categories[l.rnd.IntN(len(l.Categories))]
	n := l.counters[c.ID]%l.Wrap + 1
	l.counters[c.ID] = n
	v := visitor{number: fmt.Sprintf("%s%03d", c.Prefix, n), category: c}
	if err := l.Gear.Ticket(v.number, c, len(l.queue)); err != nil {
		l.in(10*time.Second, func() { l.leave() })
		return
	}
	l.queue = append(l.queue, v)
	l.in(time.Second, l.callNext)
}

// callNext sends the first in the queue to a free window.
func (l *life) callNext() {
	for _, w := range l.Windows {
		if len(l.queue) == 0 {
			return
		}
		if l.serving[w] != nil {
			continue
		}
		v := l.queue[0]
		l.queue = l.queue[1:]
		l.serving[w] = &v
		if l.Gear.Call != nil && v.number != "" {
			_ = l.Gear.Call(w, v.number) // a dark display: the clerk calls by voice
		}
		l.in(l.around(l.Service), func() { l.finish(w) })
	}
}

// finish ends the service at w: the clerk asks for a rating and, most times, gets one.
func (l *life) finish(w hall.WindowID) {
	v := l.serving[w]
	if l.Gear.Invite != nil {
		_ = l.Gear.Invite(w, v.number)
	}
	if l.Gear.Press != nil && l.rnd.Float64() < 0.85 {
		l.in(l.around(2500*time.Millisecond), func() { _ = l.Gear.Press(w, l.level()) })
	}
	l.in(6*time.Second, func() {
		delete(l.serving, w)
		l.leave()
		l.callNext()
	})
}

func (l *life) level() int {
	switch x := l.rnd.Float64(); {
	case x < 0.78:
		return 5
	case x < 0.92:
		return 4
	case x < 0.97:
		return 3
	case x < 0.99:
		return 2
	}
	return 1
}

func (l *life) leave() { l.pass(hall.Out) }

func (l *life) pass(d hall.Direction) {
	if l.Gear.Pass == nil || l.inside+int(d) < 0 {
		return
	}
	l.inside += int(d)
	_ = l.Gear.Pass(d)
}

func (l *life) punch(pin hall.StaffNo, status int) {
	if l.Gear.Punch != nil {
		_ = l.Gear.Punch(pin, status)
	}
}

// breakOut lets a clerk leave for a while.
func (l *life) breakOut(pin hall.StaffNo) {
	l.punch(pin, 1)
	l.in(l.around(5*time.Minute), func() {
		l.punch(pin, 0)
		l.in(l.around(40*time.Minute), func() { l.breakOut(pin) })
	})
}
