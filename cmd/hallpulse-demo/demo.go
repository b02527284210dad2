package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/county"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
	"hallpulse/hub/app"
	"hallpulse/hub/auth"
)

// demo runs a county in this process until ctx ends or its time is over.
func demo(ctx context.Context, o options, out io.Writer) (err error) {
	if err := fresh(o.data); err != nil {
		return err
	}
	if o.life > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.life)
		defer cancel()
	}
	logs, err := os.OpenFile(filepath.Join(o.data, "demo.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	events, err := truth.Create(filepath.Join(o.data, "truth.jsonl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, events.Close()) }()
	hook, err := newReceiver(filepath.Join(o.data, "webhook.jsonl"), secretWord(), out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hook.Close()) }()
	c, err := county.New(ctx, county.Options{Dir: o.data, Halls: o.halls, Stations: o.stations, Seed: o.seed, Speed: o.speed, Truth: events,
		Web: o.addr, Webhook: hook.URL(), Secret: hook.secret, Faults: o.faults, Burst: true, Every: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	people, err := accounts(ctx, c, o.token)
	if err != nil {
		return err
	}
	return (&show{county: c, truth: events, speed: o.speed, faults: o.faults, log: slog.New(slog.NewJSONHandler(logs, nil)), out: out}).run(ctx, people)
}

// account is somebody who may log in to the demonstration.
type account struct{ name, password, what string }

// accounts makes the demonstration's accounts; their passwords are new at every start.
func accounts(ctx context.Context, c *county.County, token string) ([]account, error) {
	first := c.Halls()[0].ID
	list := []account{
		{"demo", secretWord(), "administrator: every hall"},
		{"manager", secretWord(), "manager of " + string(first) + " alone"},
	}
	roles := []auth.Account{{Name: "demo", Role: auth.Administrator}, {Name: "manager", Role: auth.HallManager, Halls: []hall.HallID{first}}}
	for i, a := range roles {
		if err := c.Admin().AddAccount(ctx, a, list[i].password); err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Name, err)
		}
	}
	if token != "" {
		if err := c.Admin().AddGivenToken(ctx, "demo", "demo", token, 0); err != nil {
			return nil, fmt.Errorf("--token: %w", err)
		}
	}
	return list, nil
}

// secretWord is a new password that can be typed.
func secretWord() string {
	b := make([]byte, 10)
	_, _ = rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))
}

// show is a county that runs.
type show struct {
	county *county.County
	truth  *truth.Log
	speed  float64
	faults bool
	log    *slog.Logger
	out    io.Writer
}

// run starts the hub, the gateways and then people's lives; it returns when all have ended.
func (s *show) run(ctx context.Context, people []account) error {
	cfg, err := app.Load(s.county.HubConfig())
	if err != nil {
		return err
	}
	hub, err := app.New(ctx, app.Options{Config: cfg, Version: version, Logger: s.log.With("program", "hub")})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(ctx)) // it ends last: gateways say goodbye first
	hubDone := make(chan error, 1)
	go func() { hubDone <- hub.Run(hubCtx) }()
	gear, stopGear := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { s.county.Run(gear) })
	gates, err := s.gateways()
	edges := make(chan error, len(gates))
	edgeCtx, stopEdges := context.WithCancel(context.WithoutCancel(ctx))
	for i, g := range gates {
		fails := s.faults && i > 0 && i == lastCenter(gates)
		go func() { edges <- s.keep(edgeCtx, ctx, g, fails) }()
	}
	if err == nil {
		s.greet(people)
		watched(ctx, gates)
		s.county.Open()
		select {
		case <-ctx.Done():
		case err = <-hubDone:
			hubDone <- err
			err = fmt.Errorf("the hub ended: %w", err)
		}
		s.close(ctx)
	}
	stopEdges()
	for range gates {
		err = errors.Join(err, <-edges)
	}
	stopHub()
	err = errors.Join(err, <-hubDone)
	stopGear()
	wg.Wait()
	return err
}

// close ends the day: people go home, and the gateways have a moment to tell the county the last of it.
func (s *show) close(ctx context.Context) {
	s.county.EndOfDay()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	err := s.county.Drain(last)
	if err == nil {
		err = s.settled(last)
	}
	if err != nil {
		_, _ = fmt.Fprintln(s.out, "the last records had not reached the county:", err)
	}
}

// greet says where to look.
func (s *show) greet(people []account) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format+"\n", args...) }
	p("\n厅脉演示县 / a county to look at: %s", s.county.HubURL())
	for _, a := range people {
		p("  账号 account %-8s 密码 password %s   (%s)", a.name, a.password, a.what)
	}
	p("厅内页面 / the halls' own pages:")
	for _, h := range s.county.Halls() {
		p("  %-24s %s", h.ID, h.Panel)
	}
	p("按 Ctrl+C 结束 / Ctrl+C ends it\n")
}
