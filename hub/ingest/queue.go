package ingest

import (
	"context"
	"sync"

	"hallpulse/hall"
)

// item is a batch as it arrived.
type item struct {
	hall    hall.HallID
	payload []byte
}

// queue holds the batches of one lane, in order by hall and fairly among halls. It is bounded by hall and in all.
type queue struct {
	mu    sync.Mutex
	halls map[hall.HallID][][]byte
	turn  []hall.HallID // halls with something waiting, each once
	bytes int
	wake  chan struct{}
}

func newQueue() *queue {
	return &queue{halls: map[hall.HallID][][]byte{}, wake: make(chan struct{}, 1)}
}

func (q *queue) put(id hall.HallID, payload []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.halls[id]
	if len(waiting) >= maxWaiting || q.bytes+len(payload) > maxBytes {
		return false
	}
	if len(waiting) == 0 {
		q.turn = append(q.turn, id)
	}
	q.halls[id] = append(waiting, payload)
	q.bytes += len(payload)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}

// take waits for something and gives what one round may hold of it; nil when ctx ended.
func (q *queue) take(ctx context.Context) []item {
	for {
		if list := q.round(); len(list) > 0 {
			return list
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

func (q *queue) round() []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []item
	bytes := 0
	for len(q.turn) > 0 && len(list) < roundBatches && bytes < roundBytes {
		id := q.turn[0]
		q.turn = q.turn[1:]
		waiting := q.halls[id]
		n := min(len(waiting), turnBatches)
		for _, payload := range waiting[:n] {
			list = append(list, item{id, payload})
			bytes += len(payload)
		}
		if len(waiting) > n {
			q.halls[id] = append([][]byte(nil), waiting[n:]...)
			q.turn = append(q.turn, id)
		} else {
			delete(q.halls, id)
		}
	}
	q.bytes -= bytes
	return list
}

// forget drops everything that waits.
func (q *queue) forget() (batches int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, waiting := range q.halls {
		batches += len(waiting)
	}
	clear(q.halls)
	q.turn, q.bytes = nil, 0
	return batches
}

// depth is what waits.
func (q *queue) depth() (batches, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, waiting := range q.halls {
		batches += len(waiting)
	}
	return batches, q.bytes
}

func (q *queue) size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}
