package onvif

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultOpen = 2
	lifetime    = 10 * time.Minute // of a subscription, as it is told; it ends by Expire alone
	pullPath    = "/onvif/pull/"
)

// create opens a subscription, if there is room.
func (c *Camera) create(w http.ResponseWriter) {
	root := c.root()
	c.mu.Lock()
	most := c.faults.MaxOpen
	if most == 0 {
		most = defaultOpen
	}
	full := len(c.subs) >= most
	id := 0
	if !full {
		c.lastSub++
		id = c.lastSub
		c.subs[id] = &subscription{}
		c.stats.Subscribed++
	}
	at := root + pullPath + strconv.Itoa(id)
	more := ""
	if c.faults.NeedParameters {
		at = root + "/onvif/event_service"
		more = fmt.Sprintf(`<wsa5:ReferenceParameters><dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">%d</dom0:SubscriptionId></wsa5:ReferenceParameters>`, id)
	}
	c.wake()
	c.mu.Unlock()
	if full {
		fail(w, http.StatusBadRequest, "MaxNumberOfSubscriptions", "too many subscriptions")
		return
	}
	now := c.clock()
	answer(w, http.StatusOK, fmt.Sprintf(`<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa5:Address>%s</wsa5:Address>%s</tev:SubscriptionReference>`+
		`<wsnt:CurrentTime>%s</wsnt:CurrentTime><wsnt:TerminationTime>%s</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse>`,
		at, more, stamp(now), stamp(now.Add(lifetime))))
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }

// subscribed answers questions to a subscription.
func (c *Camera) subscribed(w http.ResponseWriter, r *http.Request, q *request) {
	id := q.Header.Parameter
	if s, ok := strings.CutPrefix(r.URL.Path, pullPath); ok {
		id, _ = strconv.Atoi(s) // 0: none
	}
	ask := q.Body.Ask.XMLName.Local
	c.mu.Lock()
	f := c.faults
	s := c.subs[id]
	c.mu.Unlock()
	switch {
	case f.NeedAction && q.Header.Action == "":
		fail(w, http.StatusBadRequest, "InvalidArgs", "no action")
	case s == nil:
		fail(w, http.StatusBadRequest, "InvalidArgVal", "no such subscription")
	case ask == "PullMessages":
		c.pull(w, r, q, s)
	case ask == "SetSynchronizationPoint" && f.NoInitial:
		fail(w, http.StatusBadRequest, "ActionNotSupported", "no properties")
	case ask == "Renew" && f.NoRenew:
		fail(w, http.StatusBadRequest, "ActionNotSupported", "no renewal")
	default:
		c.manage(w, ask, id, s)
	}
}

func (c *Camera) manage(w http.ResponseWriter, ask string, id int, s *subscription) {
	prefix := "wsnt"
	c.update(func() {
		switch ask {
		case "Renew":
			c.stats.Renewed++
		case "Unsubscribe":
			c.stats.Unsubscribed++
			delete(c.subs, id)
		case "SetSynchronizationPoint":
			prefix = "tev"
			c.stats.Synchronized++
			for _, p := range c.states {
				s.add(told{p, "Initialized"})
			}
		}
	})
	answer(w, http.StatusOK, fmt.Sprintf(`<%s:%sResponse/>`, prefix, ask))
}

// pull waits for events.
func (c *Camera) pull(w http.ResponseWriter, r *http.Request, q *request, s *subscription) {
	seconds, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimPrefix(q.Body.Ask.Timeout, "PT"), "S"), 64)
	if err != nil || seconds < 0 || seconds > 600 {
		fail(w, http.StatusBadRequest, "InvalidArgVal", "timeout")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(seconds*float64(time.Second)))
	defer cancel()
	c.update(func() { c.stats.Pulls++; c.stats.Waiting++ })
	defer c.update(func() { c.stats.Waiting-- })
	list, f := c.wait(ctx, s, max(q.Body.Ask.Limit, 1))
	switch {
	case r.Context().Err() != nil:
	case f.Babble:
		_, _ = w.Write([]byte("<html>not SOAP at all</html>")) // nobody need read it
	case len(list) == 0 && f.CutIdle:
		panic(http.ErrAbortHandler) // closes the connection
	default:
		now := c.clock()
		answer(w, http.StatusOK, fmt.Sprintf(`<tev:PullMessagesResponse><tev:CurrentTime>%s</tev:CurrentTime><tev:TerminationTime>%s</tev:TerminationTime>%s</tev:PullMessagesResponse>`,
			stamp(now), stamp(now.Add(lifetime)), messages(list, f, now)))
	}
}

// wait gives what is in the queue, or waits until there is something, the fault Babble is on, or ctx ends.
func (c *Camera) wait(ctx context.Context, s *subscription, most int) (list []told, f Faults) {
	for {
		c.mu.Lock()
		changed := c.changed
		f = c.faults
		if !f.Empty && len(s.queue) > 0 {
			n := min(most, len(s.queue))
			list, s.queue = s.queue[:n:n], s.queue[n:]
		}
		c.mu.Unlock()
		if len(list) > 0 || f.Babble {
			return list, f
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, f
		}
	}
}

func messages(list []told, f Faults, now time.Time) string {
	var b strings.Builder
	at, end := stamp(now), ""
	if f.ZeroTime {
		at = "0000-00-00T00:00:00Z"
	}
	if f.TrailingTopic {
		end = "//."
	}
	for _, t := range list {
		operation := ""
		if t.operation != "" {
			operation = fmt.Sprintf(` PropertyOperation=%q`, t.operation)
		}
		fmt.Fprintf(&b, `<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">%s%s</wsnt:Topic><wsnt:Message>`+
			`<tt:Message UtcTime="%s"%s><tt:Source><tt:SimpleItem Name="%s" Value="%s"/></tt:Source><tt:Data><tt:SimpleItem Name="%s" Value="%s"/></tt:Data>`+
			`</tt:Message></wsnt:Message></wsnt:NotificationMessage>`, escape(t.topic), end, at, operation, t.sourceName, escape(t.source), t.name, escape(t.value))
	}
	return b.String()
}
