package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Problem is an answer that is an error (RFC 9457). Parameter names what is wrong, Mend says what to write instead.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Mend      string `json:"mend,omitempty"`
}

func (p *Problem) Error() string { return "web: " + p.Title + ": " + p.Detail }

func problem(status int, detail, parameter, mend string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Parameter: parameter, Mend: mend}
}

func badParameter(name, detail, mend string) *Problem {
	return problem(fiber.StatusBadRequest, detail, name, mend)
}

// notFound is the answer for what is not there and for what the viewer may not see: the two look the same.
func notFound(parameter, mend string) *Problem {
	return problem(fiber.StatusNotFound, "nothing here, or nothing that you may see", parameter, mend)
}

func forbidden(detail, mend string) *Problem {
	return problem(fiber.StatusForbidden, detail, "", mend)
}

// fail answers every error: problem+json for programs, a page for people.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	p := asProblem(err)
	if p.Status >= 500 {
		s.o.Logger.Error("web: request failed", "method", c.Method(), "path", c.Path(), "error", err)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(p.Status)
	if wantsPage(c) {
		return s.errorPage(c, p)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return c.Send(body)
}

func asProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var f *fiber.Error
	if errors.As(err, &f) {
		detail, mend := f.Message, ""
		switch f.Code {
		case fiber.StatusNotFound:
			return notFound("path", "see /api/v1/openapi.json")
		case fiber.StatusRequestEntityTooLarge:
			mend = "send at most 64 KiB"
		case fiber.StatusMethodNotAllowed:
			mend = "see /api/v1/openapi.json"
		}
		return problem(f.Code, detail, "", mend)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return problem(fiber.StatusGatewayTimeout, "the query took too long", "", "ask for a shorter time or a longer step")
	}
	if errors.Is(err, context.Canceled) {
		return problem(fiber.StatusServiceUnavailable, "the server is stopping", "", "try again in a moment")
	}
	return problem(fiber.StatusInternalServerError, "something failed here; it is in the server's log", "", "try again; tell the administrator if it stays")
}

// wantsPage tells a person's browser from a program.
func wantsPage(c *fiber.Ctx) bool {
	return !strings.HasPrefix(c.Path(), "/api/") && strings.Contains(c.Get(fiber.HeaderAccept), "text/html")
}

// recovered keeps a panic of one request from ending the server.
func (s *Server) recovered(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.o.Logger.Error("web: panic", "path", c.Path(), "panic", r, "stack", string(debug.Stack()))
			err = problem(fiber.StatusInternalServerError, "something failed here; it is in the server's log", "", "tell the administrator")
		}
	}()
	return c.Next()
}
