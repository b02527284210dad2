package web

import (
	"errors"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"hallpulse/hall"
	"hallpulse/hub/series"
	"hallpulse/hub/store"
)

// Limits of queries.
const (
	maxLimit  = 1000
	maxPoints = 5000 // steps of one series
	minStep   = time.Second
)

// query reads hall, from, to, cursor and limit. A hall_manager asks for their halls only, whatever is asked.
func (s *Server) query(c *fiber.Ctx) (store.Query, error) {
	q := store.Query{Halls: who(c).Scope(), Cursor: c.Query("cursor")}
	if id := c.Query("hall"); id != "" {
		h, err := s.visible(c, id)
		if err != nil {
			return q, err
		}
		q.Halls = []hall.HallID{h}
	}
	var err error
	if q.From, err = timeParameter(c, "from"); err != nil {
		return q, err
	}
	if q.To, err = timeParameter(c, "to"); err != nil {
		return q, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, badParameter("to", "to is not after from", "give a to later than from")
	}
	if l := c.Query("limit"); l != "" {
		if q.Limit, err = strconv.Atoi(l); err != nil || q.Limit < 1 || q.Limit > maxLimit {
			return q, badParameter("limit", "not a number of rows: "+l, "1 to 1000")
		}
	}
	return q, nil
}

func timeParameter(c *fiber.Ctx, name string) (time.Time, error) {
	v := c.Query(name)
	if v == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return time.Time{}, badParameter(name, "not a time: "+v, "RFC 3339, as 2026-11-24T09:41:00+08:00, with + written %2B")
	}
	return t, nil
}

// cursorError names the cursor where the store refused it.
func (s *Server) cursorError(q store.Query, err error) error {
	if q.Cursor != "" && errors.Is(err, store.ErrCursor) {
		return badParameter("cursor", "not a cursor of this query", "give next of the page before, with the same hall, from and to")
	}
	return err
}

func (s *Server) apiSeries(c *fiber.Ctx) error {
	r, err := s.seriesRange(c)
	if err != nil {
		return err
	}
	ctx, cancel := s.request()
	defer cancel()
	result, err := s.o.Series.Query(ctx, r)
	if err != nil {
		return err
	}
	if result == nil {
		result = []series.Result{}
	}
	for i := range result {
		if result[i].Points == nil {
			result[i].Points = []series.Point{}
		}
	}
	return c.JSON(seriesAnswer{r.Hall, r.Metric, r.From, r.To, r.Step.Seconds(), result})
}

func (s *Server) seriesRange(c *fiber.Ctx) (series.Range, error) {
	var r series.Range
	if c.Query("hall") == "" {
		return r, badParameter("hall", "missing", "the id of a hall, see /api/v1/halls")
	}
	id, err := s.visible(c, c.Query("hall"))
	if err != nil {
		return r, err
	}
	r.Hall, r.Metric, r.Device = id, hall.Metric(c.Query("metric")), hall.DeviceID(c.Query("device"))
	if r.Metric == "" || len(r.Metric) > 64 {
		return r, badParameter("metric", "missing", "for example waiting_people, people, longest_wait_seconds, open_windows")
	}
	if c.Context().QueryArgs().Has("part") {
		part := c.Query("part")
		r.Part = &part
	}
	for name, at := range map[string]*time.Time{"from": &r.From, "to": &r.To} {
		if *at, err = timeParameter(c, name); err != nil {
			return r, err
		}
		if at.IsZero() {
			return r, badParameter(name, "missing", "RFC 3339, as 2026-11-24T09:41:00%2B08:00")
		}
	}
	if !r.From.Before(r.To) {
		return r, badParameter("to", "to is not after from", "give a to later than from")
	}
	r.Step, err = stepParameter(c.Query("step"))
	if err != nil {
		return r, err
	}
	if r.To.Sub(r.From)/r.Step > maxPoints {
		return r, badParameter("step", "more than 5000 steps", "a longer step or a shorter time")
	}
	return r, nil
}

// stepParameter reads 60, 60s or 5m.
func stepParameter(v string) (time.Duration, error) {
	bad := badParameter("step", "not a step: "+v, "seconds or a duration of at least a second, as 60 or 5m")
	if n, err := strconv.Atoi(v); err == nil {
		if n < 1 || n > 366*24*3600 {
			return 0, bad
		}
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < minStep {
		return 0, bad
	}
	return d, nil
}
