package agent

import (
	"context"

	"hallpulse/edge/ratingpage"
)

// serveRatings serves the page for visitors' telephones, again after a while where its address cannot be had.
func (a *Agent) serveRatings(ctx context.Context) {
	s, err := ratingpage.New(ratingpage.Options{Listen: a.cfg.Rating.Listen, Hall: a.cfg.Hall.Name, Points: a.pages, Logger: a.log})
	if err != nil {
		a.log.Error("the rating page cannot be served", "err", err)
		return
	}
	a.serve(ctx, "rating page", s.Run)
}
