package control

import (
	"context"
	"errors"
	"log/slog"
	"syscall"
)

// answer carries a request out.
func (s *Server) answer(ctx context.Context, line []byte, who *syscall.Ucred) Answer {
	log := s.o.Logger.With("uid", who.Uid, "pid", who.Pid)
	r, err := DecodeRequest(line)
	if err != nil {
		log.Warn("control: request refused", "err", err)
		return Answer{Problem: problem(CodeRequest, "请求无效："+err.Error(), err.Error())}
	}
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	a, err := s.act(ctx, &r)
	tell(log, &r, err)
	if err != nil {
		return Answer{Problem: asProblem(err)}
	}
	a.AsOf = s.o.Now()
	return a
}

// asProblem gives what a caller is told of an error.
func asProblem(err error) *Problem {
	var p *Problem
	if !errors.As(err, &p) {
		p = problem(CodeFailed, "没有成功："+err.Error(), err.Error())
	}
	return p
}

// act does what a request wants.
func (s *Server) act(ctx context.Context, r *Request) (a Answer, err error) {
	switch r.Do {
	case ListTerminals:
		a.Terminals = s.o.Terminals.Terminals()
	case GiveOrder:
		var t Terminal
		t, err = s.o.Orderer.Order(r.Serial, r.Kind, r.From, r.To)
		a.Terminals = []Terminal{t}
	case Acknowledge:
		err = s.o.Acknowledger.Acknowledge(r.Serial)
	case ListRelays:
		a.Relays = s.o.Relays.Relays()
	case SwitchRelay:
		err = s.o.Switcher.Switch(ctx, r.Device, *r.On)
	}
	return a, err
}

// tell logs a request: what only looks is of interest to those who look for a fault.
func tell(log *slog.Logger, r *Request, err error) {
	level, words := slog.LevelInfo, []any{"do", string(r.Do)}
	if r.Do == ListTerminals || r.Do == ListRelays {
		level = slog.LevelDebug
	}
	for _, w := range [][2]string{{"serial", r.Serial}, {"kind", r.Kind}, {"from", r.From}, {"to", r.To}, {"device", string(r.Device)}} {
		if w[1] != "" {
			words = append(words, w[0], w[1])
		}
	}
	if r.On != nil {
		words = append(words, "on", *r.On)
	}
	if err != nil {
		level, words = slog.LevelWarn, append(words, "err", err)
	}
	log.Log(context.Background(), level, "control", words...)
}
