package main

import (
	"context"
	"fmt"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/county"
	"hallpulse/edge/agent"
	"hallpulse/edge/config"
	"hallpulse/edge/driver"
	"hallpulse/edge/simulator/truth"
	"hallpulse/hall"
)

// Times of a gateway that loses its power now and then, at the speed of life.
const (
	firstOutage = 150 * time.Second
	nextOutage  = 10 * time.Minute
	outageLasts = 40 * time.Second
)

// gateway is one hall's agent, which may be made again.
type gateway struct {
	*agent.Agent
	hall *county.Hall
}

// newGateway makes a hall's agent.
func (s *show) newGateway(h *county.Hall) (*agent.Agent, error) {
	cfg, err := config.Load(h.Config)
	if err != nil {
		return nil, err
	}
	o := agent.Options{Config: cfg, Version: version, Logger: s.log.With("program", "edge", "hall", string(h.ID))}
	board := h.Hardware()
	o.GPIO = board
	if board.Simulated() {
		o.I2C, o.SPI, o.Edges = board.I2C, board.SPI, board
		o.Input = func(config.Input) driver.InputOpener { return board }
	}
	a, err := agent.New(o)
	if err != nil {
		return nil, fmt.Errorf("gateway of %s: %w", h.ID, err)
	}
	return a, nil
}

// gateways makes every hall's agent.
func (s *show) gateways() (list []gateway, err error) {
	for _, h := range s.county.Halls() {
		a, err := s.newGateway(h)
		if err != nil {
			return list, err
		}
		list = append(list, gateway{a, h})
	}
	return list, nil
}

// lastCenter gives the last township hall: the one whose gateway loses its power, where there are several.
func lastCenter(list []gateway) (at int) {
	for i, g := range list {
		if g.hall.Kind == hall.Center {
			at = i
		}
	}
	return at
}

// keep runs a gateway until ctx ends. Where it fails it loses its power now and then, until the day is over.
func (s *show) keep(ctx, day context.Context, g gateway, fails bool) error {
	wait := s.scaled(firstOutage)
	for {
		run, cut := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- g.Run(run) }()
		var power <-chan time.Time
		if fails && day.Err() == nil {
			power = time.After(wait)
		}
		select {
		case err := <-done:
			cut()
			return err
		case <-power:
		}
		from := time.Now()
		cut()
		if err := <-done; err != nil {
			return err
		}
		select {
		case <-day.Done():
		case <-time.After(s.scaled(outageLasts)):
		}
		a, err := s.newGateway(g.hall)
		if err != nil {
			return err
		}
		s.truth.Write(truth.Event{Kind: truth.KindOutage, Hall: g.hall.ID, From: from, To: time.Now(), Note: "no power"})
		g.Agent, wait = a, s.scaled(nextOutage)
	}
}

// scaled gives a time of life; a gateway must be away for long enough to be missed.
func (s *show) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / min(s.speed, 2))
}
