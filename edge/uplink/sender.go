package uplink

import (
	"time"

	"hallpulse/edge/journal"
	"hallpulse/hall"
)

// sender is one lane of a session.
type sender struct {
	u     *Uplink
	lane  hall.Lane
	ready bool // the county told its position

	acked    uint64 // the county has stored up to here
	next     uint64 // first record of the next batch
	reader   *journal.Reader
	held     *journal.Frame // read, but did not fit the batch before
	single   bool           // the batch at next is to hold one frame alone
	broken   bool           // what stands right before next cannot be sent: the next batch tells a gap
	flying   []flight       // sent, not acknowledged
	progress time.Time      // when the first of flying was sent, or the last ack moved the cursor

	waiting time.Time // readings: since when some wait
	paused  time.Time // readings: until then none are sent

	asked   uint64 // the county's last Resend
	askedAt time.Time

	last hall.Stamp // of the last fact that could be read, for those that cannot
}

// flight is a batch on its way.
type flight struct {
	last uint64
	at   time.Time
}

// batch is encoded and ready to go.
type batch struct {
	last    uint64
	records int
	data    []byte
}

// set moves the lane to the county's position, forwards or back.
func (l *sender) set(seq uint64) error {
	l.u.opts.Journal.Rewind(l.lane, seq)
	if err := l.u.opts.Journal.Ack(l.lane, seq); err != nil {
		return err
	}
	l.acked = seq
	l.rewind(seq)
	return nil
}

// rewind makes the next batch begin behind seq.
func (l *sender) rewind(seq uint64) {
	l.reset()
	l.next, l.flying, l.single, l.broken = seq+1, nil, false, false
}

// reset gives the reader free; the next frame is looked up anew.
func (l *sender) reset() {
	l.held = nil
	if l.reader == nil {
		return
	}
	if err := l.reader.Close(); err != nil {
		l.u.log.Warn("uplink: closing a reader", "err", err)
	}
	l.reader = nil
}

// again tells whether a Resend is to be followed. Each batch behind a lost one asks for the same again; once is enough.
func (l *sender) again(seq uint64, now time.Time, within time.Duration) bool {
	if seq == l.asked && seq == l.acked && now.Sub(l.askedAt) < within {
		return false
	}
	l.asked, l.askedAt = seq, now
	return true
}

// stored notes an ack and gives how long its batch was on its way (0: not one of ours).
func (l *sender) stored(seq uint64, now time.Time) (took time.Duration, err error) {
	if seq <= l.acked {
		return 0, nil
	}
	if err := l.u.opts.Journal.Ack(l.lane, seq); err != nil {
		return 0, err
	}
	l.acked, l.progress = seq, now
	for len(l.flying) > 0 && l.flying[0].last <= seq {
		if l.flying[0].last == seq {
			took = max(now.Sub(l.flying[0].at), 1)
		}
		l.flying = l.flying[1:]
	}
	if l.next <= seq { // stored by a connection before this one
		l.rewind(seq)
	}
	return took, nil
}

// wanted tells whether a batch should be made at now, else when it will be (zero: when the journal changes).
func (l *sender) wanted(now time.Time, collect time.Duration) (at time.Time, ok bool) {
	_, last := l.u.opts.Journal.Bounds(l.lane)
	if last < l.next {
		l.waiting = time.Time{}
		return time.Time{}, false
	}
	if l.lane == hall.Facts {
		return time.Time{}, true
	}
	if now.Before(l.paused) {
		return l.paused, false
	}
	if l.waiting.IsZero() {
		l.waiting = now
	}
	if full := last-l.next+1 >= MaxBatchReadings; full || now.Sub(l.waiting) >= collect {
		return time.Time{}, true
	}
	return l.waiting.Add(collect), false
}

// flew notes that a batch was sent.
func (l *sender) flew(b *batch, now time.Time) {
	if len(l.flying) == 0 {
		l.progress = now
	}
	l.flying = append(l.flying, flight{b.last, now})
	l.next, l.single, l.broken, l.waiting = b.last+1, false, false, time.Time{}
}
