package web

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/auth"
	"hallpulse/hub/live"
	"hallpulse/hub/store"
	"hallpulse/hub/web/present"
)

// maxListed bounds the rows of a list on a page; the rest is said to be there.
const maxListed = 500

// page is what every page has, and its own Data.
type page struct {
	Nav     string // overview, devices, alerts, admin; empty: none of them
	Lang    string
	Switch  string // this page in the other language
	Who     auth.Identity
	CSRF    string
	Now     time.Time
	Clock   string
	Date    string
	Open    int // alerts nobody took
	Events  string
	Version string
	Data    any

	assets *assets
}

// Asset gives the address of a static file.
func (p page) Asset(name string) string { return p.assets.url(name) }

// Known says whether somebody is logged in.
func (p page) Known() bool { return p.Who.Name != "" }

// Admin says whether administrators' pages are shown.
func (p page) Admin() bool { return p.Who.Role == auth.Administrator }

func (s *Server) page(c *fiber.Ctx, name, nav string, data any) error {
	return s.livePage(c, name, nav, "", data)
}

func (s *Server) livePage(c *fiber.Ctx, name, nav, events string, data any) error {
	lang := langOf(c)
	if c.Query("lang") != "" {
		s.setCookie(c, langCookie, lang, 365*24*time.Hour, false)
	}
	now := s.o.Now()
	loc := (&hall.Hall{}).Location()
	p := page{
		Nav: nav, Lang: lang, Switch: switchURL(c, lang), Who: who(c), CSRF: csrfOf(c), Now: now, Clock: now.In(loc).Format("15:04:05"),
		Date: s.show.Date(lang, now, loc), Events: events, Version: s.o.Version, Data: data, assets: s.assets,
	}
	if p.Known() {
		p.Open = s.openAlerts(p.Who)
	}
	body, err := s.render.Render(name, lang, p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(body)
}

// switchURL is this address in the other language.
func switchURL(c *fiber.Ctx, lang string) string {
	q := url.Values{}
	for k, v := range c.Queries() {
		q.Set(k, v)
	}
	other := present.English
	if lang == present.English {
		other = present.Chinese
	}
	q.Set("lang", other)
	if c.Method() != fiber.MethodGet {
		return "/?" + q.Encode()
	}
	return c.Path() + "?" + q.Encode()
}

func (s *Server) errorPage(c *fiber.Ctx, p *Problem) error {
	return s.page(c, "page-error", "", p)
}

func (s *Server) overview(c *fiber.Ctx) error {
	county := s.show.County(s.hub.Views(who(c).Scope()), langOf(c), s.o.Now())
	return s.livePage(c, "page-overview", "overview", "/live/events?page=overview", county)
}

func (s *Server) hallPage(c *fiber.Ctx) error {
	id, err := s.visible(c, c.Params("id"))
	if err != nil {
		return err
	}
	v, ok := s.hub.View(id)
	if !ok {
		v, _ = s.o.Live.Get(id)
	}
	return s.livePage(c, "page-hall", "overview", "/live/events?page=hall&hall="+url.QueryEscape(string(id)), s.show.Hall(v, langOf(c), s.o.Now()))
}

// deviceList is the list of the devices page with its filter.
type deviceList struct {
	Hall, State string
	Halls       []present.Hall
	States      []string
	Rows        []present.Device
	Total       int
	Abnormal    int
	Unknown     int
	AllDevices  int

	AbnormalLevel present.Level // of the worst of them
}

func (s *Server) devicesPage(c *fiber.Ctx) error {
	list, err := s.devices(c, langOf(c))
	if err != nil {
		return err
	}
	if c.Get("Hx-Request") != "" {
		return s.fragment(c, "device-list", list)
	}
	return s.livePage(c, "page-devices", "devices", "/live/events?page=devices", list)
}

func (s *Server) fragment(c *fiber.Ctx, name string, data any) error {
	body, err := s.render.Render(name, langOf(c), data)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(body)
}

// devices collects the devices of the halls that the viewer sees, by the request's filter.
func (s *Server) devices(c *fiber.Ctx, lang string) (deviceList, error) {
	list := deviceList{Hall: c.Query("hall"), State: c.Query("state"), States: []string{"abnormal", "down", "stuck", "degraded", "unknown", "ok"}}
	if list.State != "" && !slices.Contains(list.States, list.State) {
		return list, badParameter("state", "no such state: "+list.State, "one of abnormal, down, stuck, degraded, unknown, ok")
	}
	if list.Hall != "" {
		if _, err := s.visible(c, list.Hall); err != nil {
			return list, err
		}
	}
	now := s.o.Now()
	for _, v := range sortedViews(s.hub.Views(who(c).Scope())) {
		list.Halls = append(list.Halls, present.Hall{ID: string(v.Desc.ID), Name: v.Desc.Name.In(lang)})
		times := s.week(v, now)
		for _, d := range s.show.Devices(v, lang, now) {
			s.show.SetUptime(&d, times[hall.DeviceID(d.ID)], lang)
			list.count(d)
			if (list.Hall == "" || list.Hall == d.Hall) && stateMatches(list.State, d) {
				list.Rows = append(list.Rows, d)
			}
		}
	}
	present.SortDevices(list.Rows)
	list.Total = len(list.Rows)
	list.Rows = list.Rows[:min(len(list.Rows), maxListed)]
	return list, nil
}

func (l *deviceList) count(d present.Device) {
	l.AllDevices++
	switch d.Level {
	case present.Act, present.Attention:
		l.Abnormal++
		if l.AbnormalLevel != present.Act {
			l.AbnormalLevel = d.Level
		}
	case present.Unknown:
		l.Unknown++
	}
}

func stateMatches(state string, d present.Device) bool {
	switch state {
	case "":
		return true
	case "abnormal":
		return d.Level == present.Act || d.Level == present.Attention
	}
	return d.Health == "health."+state
}

func sortedViews(views []live.View) []live.View {
	slices.SortFunc(views, func(a, b live.View) int {
		if a.Desc.ID < b.Desc.ID {
			return -1
		}
		return 1
	})
	return views
}

// alertList is the list of the alerts page.
type alertList struct {
	Open, Closed []present.Alert
	Untaken      int
	CSRF         string
}

func (s *Server) alertsPage(c *fiber.Ctx) error {
	list := s.alerts(c)
	if c.Get("Hx-Request") != "" {
		return s.fragment(c, "alert-list", list)
	}
	return s.livePage(c, "page-alerts", "alerts", "/live/events?page=alerts", list)
}

func (s *Server) alerts(c *fiber.Ctx) alertList {
	id, lang, now := who(c), langOf(c), s.o.Now()
	var rows []present.Alert
	for _, i := range s.o.Alerts.List() {
		if !id.MaySee(i.Hall) || i.Status == alert.Pending {
			continue
		}
		v, ok := s.hub.View(i.Hall)
		a := s.show.Alert(i, v, ok, lang, now)
		a.MayAct = id.MayAct(i.Hall) && i.Status == alert.Firing
		rows = append(rows, a)
	}
	present.SortAlerts(rows)
	list := alertList{CSRF: csrfOf(c)}
	for _, a := range rows {
		switch {
		case !a.Open:
			list.Closed = append(list.Closed, a)
		default:
			list.Open = append(list.Open, a)
			if a.Status == alert.Firing && !a.Suppressed {
				list.Untaken++
			}
		}
	}
	list.Closed = list.Closed[:min(len(list.Closed), maxListed)]
	return list
}

// openAlerts counts the alerts that nobody took among the halls that somebody sees.
func (s *Server) openAlerts(id auth.Identity) int {
	n := 0
	for _, i := range s.o.Alerts.List() {
		if i.Status == alert.Firing && !i.Suppressed && id.MaySee(i.Hall) {
			n++
		}
	}
	return n
}

func (s *Server) acknowledgeForm(c *fiber.Ctx) error {
	if _, err := s.takeAlert(c, c.Params("id")); err != nil {
		return err
	}
	if c.Get("Hx-Request") != "" {
		return s.fragment(c, "alert-list", s.alerts(c))
	}
	return c.Redirect("/alerts", fiber.StatusSeeOther)
}

// takeAlert acknowledges an incident where the viewer may.
func (s *Server) takeAlert(c *fiber.Ctx, id string) (alert.Incident, error) {
	list := s.o.Alerts.List()
	n := slices.IndexFunc(list, func(i alert.Incident) bool { return i.ID == id })
	if n < 0 || !who(c).MaySee(list[n].Hall) {
		return alert.Incident{}, notFound("id", "see /api/v1/alerts")
	}
	if !who(c).MayAct(list[n].Hall) {
		return alert.Incident{}, forbidden("an auditor changes nothing", "ask a hall manager or a county officer")
	}
	ctx, cancel := s.request()
	defer cancel()
	i, err := s.o.Alerts.Acknowledge(ctx, id, who(c).Name)
	switch {
	case errors.Is(err, alert.ErrUnknown): // it left the history meanwhile
		return alert.Incident{}, notFound("id", "see /api/v1/alerts")
	case errors.Is(err, alert.ErrNotOpen) && i.Status == alert.Acknowledged:
		return i, nil // somebody was faster, perhaps the same person with another click
	case errors.Is(err, alert.ErrNotOpen):
		return alert.Incident{}, problem(fiber.StatusConflict, "the alert is "+string(i.Status), "id", "only a firing alert can be acknowledged")
	}
	return i, err
}

// adminView is the administrator's page.
type adminView struct {
	Refusals []refusalRow
	Accounts []accountRow
}

type accountRow struct {
	auth.Account
	HallNames []string // empty: every hall
}

// account names the halls of an account, where they are known.
func (s *Server) account(a auth.Account, lang string) accountRow {
	row := accountRow{Account: a}
	for _, id := range a.Halls {
		name := string(id)
		if v, ok := s.hub.View(id); ok && v.Desc.Name.In(lang) != "" {
			name = v.Desc.Name.In(lang)
		}
		row.HallNames = append(row.HallNames, name)
	}
	return row
}

type refusalRow struct {
	store.Refusal
	LastText string
}

func (s *Server) adminPage(c *fiber.Ctx) error {
	ctx, cancel := s.request()
	defer cancel()
	accounts, err := s.o.Auth.Accounts(ctx)
	if err != nil {
		return err
	}
	var v adminView
	for _, a := range accounts {
		v.Accounts = append(v.Accounts, s.account(a, langOf(c)))
	}
	if s.o.Refusals != nil {
		rows, err := s.o.Refusals.Refusals(ctx)
		if err != nil {
			return err
		}
		loc := (&hall.Hall{}).Location()
		for _, r := range rows[:min(len(rows), maxListed)] {
			v.Refusals = append(v.Refusals, refusalRow{r, present.ClockDay(r.Last, s.o.Now(), loc)})
		}
	}
	return s.page(c, "page-admin", "admin", v)
}
