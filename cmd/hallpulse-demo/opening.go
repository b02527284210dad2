package main

import (
	"context"
	"slices"
	"time"

	"hallpulse/hall"
)

// openingTime is how long the halls wait for their gateways in the morning.
const openingTime = 20 * time.Second

// watched waits until every door is watched: who comes before the gateway looks is no loss of the gateway's, and the truth could
// not tell.
func watched(ctx context.Context, list []gateway) {
	ctx, cancel := context.WithTimeout(ctx, openingTime)
	defer cancel()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for slices.ContainsFunc(list, func(g gateway) bool { return !watches(g) }) {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// watches says whether a gateway sees who comes; village stations do not count.
func watches(g gateway) bool {
	return g.hall.Kind != hall.Center || slices.ContainsFunc(g.State().Devices.Devices, func(d hall.DeviceState) bool {
		return d.ID == "door" && d.Health == hall.HealthOK
	})
}
