package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"hallpulse/hall"
)

// settled waits until every gateway's facts are stored by the county.
func (s *show) settled(ctx context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second}
	for _, h := range s.county.Halls() {
		for quiet := 0; quiet < 3; {
			var st hall.State
			if get(ctx, client, h.Panel+"/state.json", &st) == nil && st.Gateway.FactsPending == 0 {
				quiet++
			} else {
				quiet = 0
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s: %w", h.ID, ctx.Err())
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	return nil
}

func get(ctx context.Context, client *http.Client, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	return json.NewDecoder(res.Body).Decode(into)
}
