package hall

import (
	"testing"
	"time"
)

// TestCalledAgain: a wait runs to the call that was answered, which is the last one before the service.
func TestCalledAgain(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.minutes(5).call("A001", "1")
	c := s.minutes(3).call("A001", "1")
	want(t, "called", c.Tickets[0].Called, s.at)
	q := s.State(s.at).Queue
	want(t, "wait", []any{q.WaitSum, q.WaitMax, q.WaitCount}, []any{8 * time.Minute, 8 * time.Minute, 1})
	s.minutes(2).invite("1")
	c = s.minutes(30).call("A001", "2") // comes back with a paper that was missing
	want(t, "answered by the call before", c.Tickets[0].Called, s.at.Add(-32*time.Minute))
	want(t, "wait as before", s.State(s.at).Queue.WaitSum, 8*time.Minute)
}

// TestInviteWithoutNumberToldTwice: many PCs do not say the number, and repeat until the keypad answers.
func TestInviteWithoutNumberToldTwice(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.minutes(1).call("A001", "1")
	s.minutes(2).invite("1")
	s.invite("1")
	want(t, "rated ticket", s.rate("1", 5, 1).Ratings[0].Ticket, TicketID{7, 1})
	s.minutes(5).invite("1") // somebody who had no ticket
	want(t, "rating of nobody's ticket", s.rate("1", 5, 2).Ratings[0].Ticket, TicketID{})
}

// TestInviteLate: an invitation that is repeated after the next call does not end the next service.
func TestInviteLate(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.ticket("A002")
	told := Fact{Kind: KindInvite, Invite: &Invite{Number: "A001", Window: "1"}}
	s.minutes(1).call("A001", "1")
	s.minutes(2).tell(told)
	s.call("A002", "1")
	s.tell(told)
	want(t, "still in service", s.State(s.at).Queue.Windows[0].Serving, "A002")
}

// TestRatingAfterTheNextCall: who was invited may press the key when the next number is called already.
func TestRatingAfterTheNextCall(t *testing.T) {
	s := begin(t)
	s.ticket("A001")
	s.ticket("A002")
	s.minutes(1).call("A001", "1")
	s.minutes(4).invite("1")
	s.at = s.at.Add(5 * time.Second)
	s.call("A002", "1")
	s.at = s.at.Add(5 * time.Second)
	want(t, "rated", s.rate("1", 4, 1).Ratings[0].Ticket, TicketID{7, 1})
	want(t, "the next goes on", s.State(s.at).Queue.Windows[0].Serving, "A002")
	s.minutes(3)
	want(t, "and has a rating of its own", s.rate("1", 5, 2).Ratings[0].Ticket, TicketID{7, 2})
	want(t, "which ends it", s.State(s.at).Queue.Windows[0].Serving, "")
}

// TestUnseenNumberWraps: where the dispenser cannot be read, a number that comes again long after its service is another visit.
func TestUnseenNumberWraps(t *testing.T) {
	s := begin(t)
	s.call("A001", "1")
	s.minutes(2).invite("1")
	s.minutes(3).call("A001", "1") // called back
	want(t, "the same visit", s.State(s.at).Queue.Served, 0)
	s.minutes(2).invite("1")
	c := s.minutes(120).call("A001", "2")
	want(t, "another visit", c.Tickets[len(c.Tickets)-1].ID, TicketID{7, 5})
	want(t, "the first stays served", s.State(s.at).Queue.Served, 1)
}

// TestUnseenServiceShows: the end of a service whose call was not seen shows at its window.
func TestUnseenServiceShows(t *testing.T) {
	s := begin(t)
	c := s.invite("1")
	want(t, "sections", c.Sections, []Section{SectionQueue, SectionZones, SectionStaff, SectionRatings})
	want(t, "sections again", s.minutes(5).invite("1").Sections, []Section{SectionQueue})
	want(t, "free since", s.State(s.at).Queue.Windows[0].Since, s.at)
}

// TestLongestPrefix: AB012 is of the category AB, whatever stands first in the configuration.
func TestLongestPrefix(t *testing.T) {
	s := begin(t)
	s.desc.Categories = append(s.desc.Categories, Category{ID: "both", Prefix: "AB"})
	want(t, "category", s.ticket("AB012").Tickets[0].Category, CategoryID("both"))
}
