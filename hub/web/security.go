package web

import (
	"crypto/subtle"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"hallpulse/hall"
	"hallpulse/hub/auth"
	"hallpulse/hub/web/present"
)

const (
	sessionCookie = "hp_session"
	langCookie    = "hp_lang"
	csrfHeader    = "X-Csrf-Token"
	csrfField     = "_csrf"
	localIdentity = "identity"
	localCSRF     = "csrf"
)

// policy allows what comes from this server and nothing else: no inline script, no frame, no other host. Charts set
// styles on their elements, which style-src-attr is for.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (s *Server) headers(c *fiber.Ctx) error {
	c.Set("Content-Security-Policy", policy)
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.o.TLS != nil {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	if !strings.HasPrefix(c.Path(), "/static/") {
		c.Set(fiber.HeaderCacheControl, "no-store")
	}
	return c.Next()
}

// identify finds who asks, by bearer token or session cookie. Without an identity nothing after it is reached.
func (s *Server) identify(c *fiber.Ctx) error {
	ctx, cancel := s.request()
	defer cancel()
	if h := c.Get(fiber.HeaderAuthorization); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return unauthorized(c)
		}
		id, err := s.o.Auth.ByToken(ctx, strings.TrimSpace(token))
		return s.identified(c, id, "", err)
	}
	token := c.Cookies(sessionCookie)
	if token == "" {
		return s.unknown(c)
	}
	id, csrf, err := s.o.Auth.BySession(ctx, token)
	return s.identified(c, id, csrf, err)
}

func (s *Server) identified(c *fiber.Ctx, id auth.Identity, csrf string, err error) error {
	if errors.Is(err, auth.ErrDenied) {
		return s.unknown(c)
	}
	if err != nil {
		return err
	}
	c.Locals(localIdentity, id)
	c.Locals(localCSRF, csrf)
	return c.Next()
}

// unknown sends a person to the login page and tells a program what is missing.
func (s *Server) unknown(c *fiber.Ctx) error {
	if c.Get("Hx-Request") != "" {
		c.Set("Hx-Redirect", "/login")
		return unauthorized(c)
	}
	if c.Method() == fiber.MethodGet && wantsPage(c) {
		return c.Redirect("/login?next="+url.QueryEscape(c.OriginalURL()), fiber.StatusSeeOther)
	}
	return unauthorized(c)
}

func unauthorized(c *fiber.Ctx) error {
	c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="hallpulse"`)
	return problem(fiber.StatusUnauthorized, "who asks is not known", "Authorization", "send Authorization: Bearer hpt_…, or log in")
}

// who gives the identity that identify found.
func who(c *fiber.Ctx) auth.Identity {
	id, ok := c.Locals(localIdentity).(auth.Identity)
	if !ok {
		return auth.Identity{} // sees nothing
	}
	return id
}

func csrfOf(c *fiber.Ctx) string {
	word, ok := c.Locals(localCSRF).(string)
	if !ok {
		return ""
	}
	return word
}

// only lets one role pass.
func only(role auth.Role) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if who(c).Role != role {
			return forbidden("this is for the role "+string(role), "ask an administrator")
		}
		return c.Next()
	}
}

// origin says what a browser tells of where a request comes from.
type origin int

const (
	originUntold origin = iota // not a browser, or a very old one
	originSame
	originOther
)

// originOf compares a request's origin with the Host header, which a browser sets. The request's URI is no measure: of
// "//evil.example/x?://" fasthttp takes evil.example for the host, and any site may send a form to such an address.
func (s *Server) originOf(c *fiber.Ctx) origin {
	if o := c.Get(fiber.HeaderOrigin); o != "" {
		u, err := url.Parse(o)
		if err == nil && (u.Host == string(c.Request().Header.Host()) || slices.Contains(s.o.Origins, o)) {
			return originSame
		}
		return originOther
	}
	switch c.Get("Sec-Fetch-Site") {
	case "":
		return originUntold
	case "same-origin", "none":
		return originSame
	}
	return originOther
}

// sameOrigin refuses forms of other sites where there is no session yet.
func (s *Server) sameOrigin(c *fiber.Ctx) error {
	if s.originOf(c) == originOther {
		return forbidden("the request comes from another site", "open the page on this server")
	}
	return c.Next()
}

// guarded protects what changes something: a bearer token is proof itself; a cookie needs the same origin, and where the
// browser tells no origin, the session's CSRF word.
func (s *Server) guarded(c *fiber.Ctx) error {
	if who(c).Token {
		return c.Next()
	}
	switch s.originOf(c) {
	case originSame:
		return c.Next()
	case originUntold:
		word := c.Get(csrfHeader)
		if word == "" {
			word = c.FormValue(csrfField)
		}
		if want := csrfOf(c); want != "" && subtle.ConstantTimeCompare([]byte(word), []byte(want)) == 1 {
			return c.Next()
		}
	}
	return forbidden("the request does not come from a page of this server", "send the page's "+csrfHeader)
}

// langOf gives the page's language: ?lang=, else the cookie, else Chinese.
func langOf(c *fiber.Ctx) string {
	if q := c.Query("lang"); q != "" {
		return present.Lang(q)
	}
	return present.Lang(c.Cookies(langCookie))
}

// visible gives the hall of a parameter where the viewer may see it.
func (s *Server) visible(c *fiber.Ctx, id string) (hall.HallID, error) {
	h := hall.HallID(id)
	if !who(c).MaySee(h) {
		return "", notFound("hall", "see /api/v1/halls")
	}
	if _, ok := s.o.Live.Get(h); !ok {
		return "", notFound("hall", "see /api/v1/halls")
	}
	return h, nil
}
