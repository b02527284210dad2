package web

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
	"hallpulse/hub/store"
)

// scoped gives the live views that the viewer sees, by id.
func (s *Server) scoped(c *fiber.Ctx) []live.View {
	id := who(c)
	views := s.o.Live.All()
	views = slices.DeleteFunc(slices.Clone(views), func(v live.View) bool { return !id.MaySee(v.Desc.ID) })
	return sortedViews(views)
}

func (s *Server) apiHalls(c *fiber.Ctx) error {
	var out []viewJSON
	for _, v := range s.scoped(c) {
		out = append(out, s.viewJSON(v))
	}
	return c.JSON(rows(out, ""))
}

func (s *Server) apiHall(c *fiber.Ctx) error {
	id, err := s.visible(c, c.Params("id"))
	if err != nil {
		return err
	}
	v, ok := s.o.Live.Get(id)
	if !ok {
		return notFound("id", "see /api/v1/halls")
	}
	return c.JSON(s.viewJSON(v))
}

func (s *Server) apiDevices(c *fiber.Ctx) error {
	if id := c.Query("hall"); id != "" {
		if _, err := s.visible(c, id); err != nil {
			return err
		}
	}
	state := c.Query("state")
	if _, ok := hall.ParseHealth(state); state != "" && !ok {
		return badParameter("state", "no such state: "+state, "one of ok, degraded, stuck, down, unknown")
	}
	var out []deviceRow
	for _, v := range s.scoped(c) {
		if id := c.Query("hall"); id != "" && string(v.Desc.ID) != id {
			continue
		}
		for _, d := range v.Desc.Devices {
			row := deviceRow{Hall: v.Desc.ID, Link: v.Link, Device: d, State: deviceJSON{hall.DeviceState{ID: d.ID}, hall.HealthUnknown.String()}}
			for _, st := range v.State.Devices.Devices {
				if st.ID == d.ID {
					row.State = deviceJSON{st, st.Health.String()}
				}
			}
			if v.Link != live.LinkOnline && v.Link != live.LinkLate {
				row.State.Health = hall.HealthUnknown.String()
			}
			if state == "" || row.State.Health == state {
				out = append(out, row)
			}
		}
	}
	return c.JSON(rows(out, ""))
}

// answer runs a store query of the request's parameters and spells its rows.
func answer[R, J any](s *Server, c *fiber.Ctx, ask func(context.Context, store.Query) (store.Page[R], error), spell func(R) J) error {
	q, err := s.query(c)
	if err != nil {
		return err
	}
	ctx, cancel := s.request()
	defer cancel()
	page, err := ask(ctx, q)
	if err != nil {
		return s.cursorError(q, err)
	}
	out := make([]J, len(page.Items))
	for i, r := range page.Items {
		out[i] = spell(r)
	}
	return c.JSON(rows(out, page.Next))
}

func (s *Server) apiTickets(c *fiber.Ctx) error {
	return answer(s, c, s.o.Facts.Tickets, ticketOf)
}

func (s *Server) apiRatings(c *fiber.Ctx) error {
	return answer(s, c, s.o.Facts.Ratings, ratingOf)
}

func (s *Server) apiPunches(c *fiber.Ctx) error {
	return answer(s, c, s.o.Facts.Punches, punchOf)
}

func (s *Server) apiPassages(c *fiber.Ctx) error {
	return answer(s, c, s.o.Facts.Passages, passageOf)
}

func (s *Server) apiGaps(c *fiber.Ctx) error {
	return answer(s, c, s.o.Facts.Gaps, func(r store.FactRow) gapJSON {
		g := gapJSON{Hall: r.Hall, Epoch: r.Epoch, Seq: r.Seq, Mark: markName(r.At.Mark)}
		if r.Gap != nil {
			g.From, g.To, g.Reason = r.Gap.From, r.Gap.To, r.Gap.Reason
		}
		return g
	})
}

func (s *Server) apiAlerts(c *fiber.Ctx) error {
	status := c.Query("status")
	allowed := []string{"", "open", string(alert.Pending), string(alert.Firing), string(alert.Acknowledged), string(alert.Resolved)}
	if !slices.Contains(allowed, status) {
		return badParameter("status", "no such status: "+status, "one of open, pending, firing, acknowledged, resolved")
	}
	one := hall.HallID(c.Query("hall"))
	if one != "" {
		if _, err := s.visible(c, string(one)); err != nil {
			return err
		}
	}
	id := who(c)
	var out []alert.Incident
	for _, i := range s.o.Alerts.List() {
		open := status == "open" && (i.Status == alert.Firing || i.Status == alert.Acknowledged)
		if id.MaySee(i.Hall) && (one == "" || i.Hall == one) && (status == "" || open || string(i.Status) == status) {
			out = append(out, i)
		}
	}
	return c.JSON(rows(out, ""))
}

func (s *Server) apiAcknowledge(c *fiber.Ctx) error {
	i, err := s.takeAlert(c, c.Params("id"))
	if err != nil {
		return err
	}
	return c.JSON(i)
}

func (s *Server) apiRefusals(c *fiber.Ctx) error {
	var out []refusalJSON
	if s.o.Refusals == nil {
		return c.JSON(rows(out, ""))
	}
	ctx, cancel := s.request()
	defer cancel()
	list, err := s.o.Refusals.Refusals(ctx)
	if err != nil {
		return err
	}
	for _, r := range list {
		out = append(out, refusalOf(r))
	}
	return c.JSON(rows(out, ""))
}
