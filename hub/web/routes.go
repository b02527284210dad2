package web

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"hallpulse/hub/auth"
)

// routes is the whole surface. Everything registered after s.identify needs an identity.
func (s *Server) routes() {
	a := s.app
	a.Use(s.recovered, s.headers)
	a.Get("/healthz", s.health)
	a.Get("/readyz", s.ready)
	a.Get("/static/*", s.static)
	a.Get("/login", s.loginPage)
	a.Post("/login", s.sameOrigin, s.login)

	a.Use(s.identify)
	a.Post("/logout", s.guarded, s.logout)
	a.Get("/", s.overview)
	a.Get("/halls/:id", s.hallPage)
	a.Get("/devices", s.devicesPage)
	a.Get("/alerts", s.alertsPage)
	a.Post("/alerts/:id/acknowledge", s.guarded, s.acknowledgeForm)
	a.Get("/admin", only(auth.Administrator), s.adminPage)
	a.Get("/live/events", s.liveEvents)
	if s.o.Metrics != nil {
		a.Get("/metrics", only(auth.Administrator), adaptor.HTTPHandler(s.o.Metrics))
	}
	s.apiRoutes(a.Group("/api/v1"))
	// What matches nothing here Fiber answers itself: 404, or 405 with Allow where the path has other methods.
}

func (s *Server) apiRoutes(v1 fiber.Router) {
	v1.Get("/openapi.json", s.openapi)
	v1.Get("/halls", s.apiHalls)
	v1.Get("/halls/:id", s.apiHall)
	v1.Get("/devices", s.apiDevices)
	v1.Get("/uptime", s.apiUptime)
	v1.Get("/tickets", s.apiTickets)
	v1.Get("/ratings", s.apiRatings)
	v1.Get("/punches", s.apiPunches)
	v1.Get("/passages", s.apiPassages)
	v1.Get("/gaps", s.apiGaps)
	v1.Get("/series", s.apiSeries)
	v1.Get("/alerts", s.apiAlerts)
	v1.Post("/alerts/:id/acknowledge", s.guarded, s.apiAcknowledge)
	v1.Get("/stream", s.apiStream)
	v1.Get("/refusals", only(auth.Administrator), s.apiRefusals)
}

func (s *Server) health(c *fiber.Ctx) error { return c.SendString("ok\n") }

func (s *Server) ready(c *fiber.Ctx) error {
	if err := s.o.Ready(); err != nil {
		s.o.Logger.Warn("web: not ready", "error", err)
		return c.Status(fiber.StatusServiceUnavailable).SendString("not ready\n")
	}
	return c.SendString("ready\n")
}
