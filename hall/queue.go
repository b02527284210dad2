package hall

import (
	"strings"
	"time"
)

// queueBook is the queue of one day.
type queueBook struct {
	tickets  []*Ticket            // in order of their facts
	byNumber map[string][]*Ticket // the displayed number wraps: several tickets may have had it
	lines    map[CategoryID]*line
	windows  map[WindowID]*windowBook
	waiting  int
	issued   int
	served   int
	noShows  int
	waits    int
	waitSum  time.Duration
	waitMax  time.Duration
	unseen   bool // a number was called that was never seen issued, or a device heard nothing for a while
}

// line is the queue of a category: tickets in order of issue; those before head are not waiting any more.
type line struct {
	tickets                 []*Ticket
	head                    int
	waiting, issued, served int
}

// windowBook is what a window did today.
type windowBook struct {
	serving  *Ticket
	ended    *Ticket
	endedAt  time.Time
	invited  bool // the visitor of ended was asked to rate
	lastCall time.Time
	served   int
}

func newQueueBook() queueBook {
	return queueBook{byNumber: map[string][]*Ticket{}, lines: map[CategoryID]*line{}, windows: map[WindowID]*windowBook{}}
}

func (q *queueBook) line(id CategoryID) *line {
	l := q.lines[id]
	if l == nil {
		l = &line{}
		q.lines[id] = l
	}
	return l
}

func (q *queueBook) window(id WindowID) *windowBook {
	w := q.windows[id]
	if w == nil {
		w = &windowBook{}
		q.windows[id] = w
	}
	return w
}

// oldest gives the issue time of the one waiting longest in the line.
func (l *line) oldest() time.Time {
	for l.head < len(l.tickets) && l.tickets[l.head].Outcome != OutcomeWaiting {
		l.head++
	}
	if l.head == len(l.tickets) {
		return time.Time{}
	}
	return l.tickets[l.head].Issued
}

// categoryOf finds a category by the longest prefix of a number.
func (b *Book) categoryOf(number string) (id CategoryID) {
	longest := 0
	for _, c := range b.desc.Categories {
		if n := len(c.Prefix); n > longest && strings.HasPrefix(number, c.Prefix) {
			id, longest = c.ID, n
		}
	}
	return id
}

// issue books a printed ticket. The same number printed again is another ticket: numbers wrap within a day.
func (b *Book) issue(f *Fact, c *Changes) {
	p := f.Ticket
	category := p.Category
	if category == "" {
		category = b.categoryOf(p.Number)
	}
	t := &Ticket{ID: TicketID{b.epoch, f.Seq}, Number: p.Number, Category: category, Day: b.day, Issued: f.At.Wall, Ahead: p.Ahead, Mark: f.At.Mark}
	q := &b.queue
	q.add(t)
	l := q.line(category)
	l.tickets = append(l.tickets, t)
	l.waiting++
	l.issued++
	q.waiting++
	q.issued++
	c.Tickets = append(c.Tickets, *t)
	c.touch(SectionQueue)
}

func (q *queueBook) add(t *Ticket) {
	q.tickets = append(q.tickets, t)
	q.byNumber[t.Number] = append(q.byNumber[t.Number], t)
}

// call books a number shown for a window: it ends the service before it there. It answers the oldest waiting ticket of
// that number, else calls the newest one of that number again; a number never seen issued makes an estimated ticket.
func (b *Book) call(f *Fact, c *Changes) {
	q, at := &b.queue, f.At.Wall
	w := q.window(f.Call.Window)
	t := q.find(f.Call.Number, at)
	if prev := w.serving; prev != nil && prev != t {
		b.leave(prev, at)
		c.Tickets = append(c.Tickets, *prev)
	}
	switch {
	case t == nil:
		t = &Ticket{ID: TicketID{b.epoch, f.Seq}, Number: f.Call.Number, Category: b.categoryOf(f.Call.Number), Day: b.day, Called: at, Ahead: -1}
		q.add(t)
		q.unseen = true
	case t.Outcome == OutcomeWaiting:
		q.waiting--
		q.line(t.Category).waiting--
		q.waits++
		q.answered(t, at)
	default:
		q.reopen(t, at)
	}
	if other := q.windows[t.Window]; other != nil && other.serving == t && t.Window != f.Call.Window {
		other.serving = nil // moved to another window
	}
	t.Calls++
	t.Outcome, t.Window = OutcomeCalled, f.Call.Window
	t.Mark = max(t.Mark, f.At.Mark)
	w.serving, w.lastCall = t, at
	c.Tickets = append(c.Tickets, *t)
	c.touch(SectionQueue)
}

// find gives the ticket a call of number means: the oldest waiting, else the newest; nil when it was never seen. Where no
// ticket is seen printed, a number that comes again long after its service belongs to somebody else.
func (q *queueBook) find(number string, at time.Time) *Ticket {
	list := q.byNumber[number]
	for _, t := range list {
		if t.Outcome == OutcomeWaiting {
			return t
		}
	}
	if len(list) == 0 {
		return nil
	}
	t := list[len(list)-1]
	if t.Issued.IsZero() && t.Outcome == OutcomeServed && at.Sub(t.Ended) > ReuseAfter {
		return nil
	}
	return t
}

// answered books the wait of a ticket up to this call, instead of one before it that nobody answered.
func (q *queueBook) answered(t *Ticket, at time.Time) {
	q.waitSum -= t.wait()
	t.Called = at
	q.waitSum += t.wait()
	q.waitMax = max(q.waitMax, t.wait())
}

// wait is how long the ticket waited for its call; zero where its issue was not seen.
func (t *Ticket) wait() time.Duration {
	if t.Issued.IsZero() || t.Called.IsZero() {
		return 0
	}
	return max(0, t.Called.Sub(t.Issued))
}

// reopen takes back the end of a ticket that is called again. One that was served had answered the call before.
func (q *queueBook) reopen(t *Ticket, at time.Time) {
	switch t.Outcome {
	case OutcomeServed:
		q.count(t, -1)
	case OutcomeNoShow:
		q.noShows--
		q.answered(t, at)
	case OutcomeCalled:
		q.answered(t, at)
	}
	t.Ended = time.Time{}
}

func (q *queueBook) count(t *Ticket, n int) {
	q.served += n
	q.line(t.Category).served += n
	q.window(t.Window).served += n
}

// end books the end of a service.
func (q *queueBook) end(t *Ticket, at time.Time) {
	t.Outcome, t.Ended = OutcomeServed, at
	q.count(t, 1)
	w := q.window(t.Window)
	w.serving, w.ended, w.endedAt, w.invited = nil, t, at, false
}

// leave ends the ticket before the next call: served, or a no-show when it was called often and nobody keyed an end.
func (b *Book) leave(t *Ticket, at time.Time) {
	if t.Calls < NoShowCalls {
		b.queue.end(t, at)
		return
	}
	t.Outcome, t.Ended = OutcomeNoShow, at
	b.queue.noShows++
	b.queue.window(t.Window).serving = nil
}

// invite books that a keypad was told to ask: the service at its window ended.
func (b *Book) invite(f *Fact, c *Changes) {
	w := b.queue.window(f.Invite.Window)
	if w.toldAgain(f.Invite.Number, f.At.Wall) {
		return
	}
	c.touch(SectionQueue)
	t := w.serving
	if t == nil { // a service whose call was not seen
		w.ended, w.endedAt = nil, f.At.Wall
		return
	}
	t.Mark = max(t.Mark, f.At.Mark)
	b.queue.end(t, f.At.Wall)
	w.invited = true
	c.Tickets = append(c.Tickets, *t)
}

// toldAgain says whether an invitation is the last one again: PCs repeat it until the keypad answers, perhaps until after the
// next call. Not all of them say the number.
func (w *windowBook) toldAgain(number string, at time.Time) bool {
	if w.ended == nil || at.Sub(w.endedAt) > InviteWindow {
		return false
	}
	if w.serving == nil {
		return number == "" || number == w.ended.Number
	}
	return number != w.serving.Number && number == w.ended.Number
}

// rated gives the service that a rating at a window belongs to: the one whose visitor was asked within InviteWindow and has
// not answered, else the one running, else the one that ended last within InviteWindow.
func (q *queueBook) rated(id WindowID, at time.Time) *Ticket {
	w := q.windows[id]
	if w == nil {
		return nil
	}
	recent := w.ended != nil && w.ended.Outcome == OutcomeServed && at.Sub(w.endedAt) <= InviteWindow
	switch {
	case recent && w.invited && w.ended.Level == 0:
		return w.ended
	case w.serving != nil:
		return w.serving
	case recent:
		return w.ended
	}
	return nil
}
