package dispenser

import (
	"context"
	"math"
	"strings"
	"time"

	"hallpulse/firmware-bridge/escpos"
	"hallpulse/hall"
)

// Times and counts of the looks at a printer.
const (
	soon      = time.Second      // until the next look after one that failed
	failLimit = 3                // looks in a row that fail before the printer is given up
	missLimit = 2                // looks without an answer to a kind of status before it is not asked any more
	stallTime = 15 * time.Second // what was printed is not taken for this long
)

// watcher looks at the printer between jobs.
type watcher struct {
	r        *service
	failed   int            // looks in a row without a connection
	answers  bool           // the printer has answered a question
	silent   int            // looks in a row without an answer
	gaveUp   bool           // it answers no status
	known    map[byte]known // last answers, by kind
	round    int            // looks with an answer
	missing  map[byte]int   // looks in which a kind of status was not answered; those that were once have none
	degraded bool

	stalled *link // whose bytes were not all taken at the last look
	acked   uint64
	since   time.Time
	stuck   bool // that was told
}

// known is an answer of a printer.
type known struct {
	status byte
	round  int
}

// run looks until ctx ends (nil) or the printer takes no connection (the error).
func (w *watcher) run(ctx context.Context, first *link) error {
	w.status(ctx, first)
	w.r.giveBack(ctx, first)
	timer := time.NewTimer(w.r.o.Interval)
	defer timer.Stop()
	for {
		again := false
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-w.r.kick: // it may take a connection a last time
			again = true
		}
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		wait := w.r.o.Interval
		if again || w.failed > 0 || w.silent > 0 && w.answers {
			wait = min(wait, soon)
		}
		timer.Reset(wait)
	}
}

// look looks once: on the connection of a job that is open, else on one of its own.
func (w *watcher) look(ctx context.Context) error {
	jobs := w.r.alive()
	if len(jobs) == 0 {
		l, err := w.r.probe(ctx)
		if err != nil {
			if w.failed++; w.failed < failLimit || len(w.r.alive()) > 0 {
				return nil
			}
			return err
		}
		w.failed = 0
		if l == nil {
			return nil
		}
		w.r.out.Seen()
		w.flows()
		w.status(ctx, l)
		w.r.giveBack(ctx, l)
		return nil
	}
	w.failed = 0
	for _, l := range jobs {
		if d, err := lastHeard(l.conn); err == nil && d < 2*w.r.o.Interval {
			w.r.out.Seen()
		}
	}
	if !w.stalls(jobs[0]) && len(jobs) == 1 {
		w.status(ctx, jobs[0])
	}
	return nil
}

// stalls says whether the printer has not taken what was printed for long, and tells it.
func (w *watcher) stalls(l *link) bool {
	acked := l.acked()
	if n, err := unacked(l.conn); err != nil || n == 0 || w.stalled != l || acked != w.acked {
		w.stalled, w.acked, w.since = l, acked, time.Now()
		w.flows()
		return false
	}
	if time.Since(w.since) < stallTime {
		return false
	}
	w.stuck = true
	w.tell(true, "printer_stalled", "")
	return true
}

// flows ends a stall.
func (w *watcher) flows() {
	if w.stuck {
		w.stuck = false
		w.tell(false, "", "")
	}
}

// status asks the printer for its state and tells it. While a job is open it hears what the queue machine asks itself.
func (w *watcher) status(ctx context.Context, l *link) {
	if w.r.o.NoStatus || w.gaveUp {
		return
	}
	begin := time.Now()
	told := l.overheard()
	if len(told) == 0 {
		var open bool
		if told, open = w.ask(ctx, l); open {
			return
		}
		if len(told) == 0 {
			w.mute()
			return
		}
		w.r.out.Reading(hall.MetricReadSeconds, "", time.Since(begin).Seconds())
	}
	w.answers, w.silent = true, 0
	w.r.out.Seen()
	w.judge(told)
}

// ask asks for every kind of status until one is not answered. open says that a job has begun meanwhile.
func (w *watcher) ask(ctx context.Context, l *link) (told map[byte]byte, open bool) {
	told = map[byte]byte{}
	for _, kind := range []byte{escpos.StatusPaper, escpos.StatusPrinter, escpos.StatusOffline, escpos.StatusError} {
		if w.missing[kind] >= missLimit {
			continue
		}
		b, answered, asked := l.ask(ctx, kind)
		switch {
		case !asked:
			return nil, true
		case answered:
			told[kind] = b
			w.missing[kind] = math.MinInt
			continue
		}
		w.missing[kind]++
		return told, false
	}
	return told, false
}

// mute notes that no question was answered. A printer that answered before has stopped; one that never did has no status.
func (w *watcher) mute() {
	w.silent++
	if w.answers && w.silent >= failLimit {
		w.tell(true, "printer_mute", "")
	}
	w.gaveUp = !w.answers && w.silent >= 4*missLimit
}

// judge tells what is wrong, the worst first.
func (w *watcher) judge(told map[byte]byte) {
	w.round++
	for kind, b := range told {
		w.known[kind] = known{b, w.round}
	}
	var s escpos.Status
	for kind, k := range w.known {
		if w.round-k.round < failLimit { // else it is not told any more
			_ = s.Take(kind, k.status) // it is a status: the link has looked
		}
	}
	if _, ok := told[escpos.StatusPaper]; ok {
		w.r.out.Reading(hall.MetricPaperLow, "", truth(s.PaperLow || s.PaperEnd))
	}
	var all []string
	for _, c := range []struct {
		is   bool
		code string
	}{
		{s.PaperEnd, "paper_end"}, {s.Cover, "cover_open"}, {s.Cutter, "cutter_jam"}, {s.Fatal || s.Failed && !s.Recoverable, "printer_error"},
		{s.Recoverable, "printer_hot"}, {s.Offline, "printer_offline"},
	} {
		if c.is {
			all = append(all, c.code)
		}
	}
	if len(all) == 0 {
		w.tell(false, "", "")
		return
	}
	w.tell(false, all[0], strings.Join(all[1:], ", "))
}

// tell says what is wrong; an empty code: nothing.
func (w *watcher) tell(stuck bool, code, detail string) {
	switch {
	case code != "":
		w.r.out.Degraded(stuck, hall.Reason{Code: code, Detail: detail})
	case w.degraded:
		w.r.out.Healthy()
	}
	w.degraded = code != ""
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
