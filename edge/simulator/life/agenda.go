package life

import (
	"container/heap"
	"time"
)

// agenda is what is going to happen, soonest first.
type agenda struct{ items items }

type item struct {
	at time.Time
	do func()
}

type items []item

func (s items) Len() int           { return len(s) }
func (s items) Less(i, j int) bool { return s[i].at.Before(s[j].at) }
func (s items) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *items) Push(x any)        { *s = append(*s, x.(item)) }
func (s *items) Pop() any {
	old := *s
	last := old[len(old)-1]
	old[len(old)-1] = item{}
	*s = old[:len(old)-1]
	return last
}

func (a *agenda) push(at time.Time, do func()) { heap.Push(&a.items, item{at, do}) }

func (a *agenda) peek() (time.Time, bool) {
	if len(a.items) == 0 {
		return time.Time{}, false
	}
	return a.items[0].at, true
}

func (a *agenda) pop() func() { return heap.Pop(&a.items).(item).do }
