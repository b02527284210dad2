package web

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hallpulse/hub/auth"
)

// loginForm is what the login page shows.
type loginForm struct {
	Name  string
	Next  string
	Error string // key
	Wait  int    // minutes
}

func (s *Server) loginPage(c *fiber.Ctx) error {
	return s.showLogin(c, loginForm{Next: localPath(c.Query("next"))})
}

func (s *Server) showLogin(c *fiber.Ctx, f loginForm) error {
	return s.page(c, "page-login", "", f)
}

func (s *Server) login(c *fiber.Ctx) error {
	f := loginForm{Name: c.FormValue("name"), Next: localPath(c.FormValue("next"))}
	ctx, cancel := s.request()
	defer cancel()
	token, account, err := s.o.Auth.Login(ctx, f.Name, c.FormValue("password"), c.IP())
	var many auth.TooManyError
	switch {
	case errors.As(err, &many):
		f.Error, f.Wait = "login.too_many", int(math.Ceil(many.Wait.Minutes()))
		c.Status(fiber.StatusTooManyRequests)
		return s.showLogin(c, f)
	case errors.Is(err, auth.ErrDenied):
		f.Error = "login.denied"
		c.Status(fiber.StatusUnauthorized)
		return s.showLogin(c, f)
	case err != nil:
		return err
	}
	s.o.Logger.Info("web: logged in", "account", account.Name, "address", c.IP())
	s.setCookie(c, sessionCookie, token, 0, true)
	if account.Lang != "" && c.Cookies(langCookie) == "" {
		s.setCookie(c, langCookie, account.Lang, 365*24*time.Hour, false)
	}
	return c.Redirect(f.Next, fiber.StatusSeeOther)
}

func (s *Server) logout(c *fiber.Ctx) error {
	ctx, cancel := s.request()
	defer cancel()
	if err := s.o.Auth.Logout(ctx, c.Cookies(sessionCookie)); err != nil {
		return err
	}
	s.setCookie(c, sessionCookie, "", -time.Hour, true)
	return c.Redirect("/login", fiber.StatusSeeOther)
}

// setCookie sets a cookie of this server; life 0 ends it with the browser.
func (s *Server) setCookie(c *fiber.Ctx, name, value string, life time.Duration, secret bool) {
	k := &fiber.Cookie{Name: name, Value: value, Path: "/", HTTPOnly: secret, SameSite: fiber.CookieSameSiteLaxMode, Secure: s.o.Secure || s.o.TLS != nil}
	if life != 0 {
		k.Expires = s.o.Now().Add(life)
	}
	c.Cookie(k)
}

// localPath lets only paths of this server be gone to after a login.
func localPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") || strings.HasPrefix(p, "/login") {
		return "/"
	}
	return p
}
