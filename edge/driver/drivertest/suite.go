// Package drivertest is what every driver must pass: a conformance suite over a real or simulated device, and a sink that
// records. A driver's own tests check what it makes of what its device says; this checks how it lives and dies.
package drivertest

import (
	"testing"
	"time"
)

// quietTime is how long the suite listens to a silent device.
const quietTime = 300 * time.Millisecond

// tries is how many events the suite allows a driver to find its way back after noise.
const tries = 5

// Setup makes the rigs of one driver.
type Setup struct {
	// New gives a new driver with a new device, unplugged. What it opens it closes in the test's clean-up.
	New func(t *testing.T) *Rig
}

// Run runs the suite.
func Run(t *testing.T, s Setup) {
	for _, c := range suite() {
		t.Run(c.name, func(t *testing.T) {
			r := s.New(t)
			if !c.can(r) {
				t.Skip("the device cannot")
			}
			c.run(t, r)
		})
	}
}

// testCase is one thing that a driver must pass.
type testCase struct {
	name string
	run  func(t testing.TB, r *Rig)
	can  func(r *Rig) bool
}

func suite() []testCase {
	return []testCase{
		{"cold start unplugged", unplugged, always},
		{"plug in", plugIn, always},
		{"silence", silence, func(r *Rig) bool { return !r.Asked }},
		{"half a frame, then the rest", halfFrame, func(r *Rig) bool { return r.Half != nil }},
		{"babble", babble, func(r *Rig) bool { return r.Babble != nil }},
		{"unplug while reading", pulled, always},
		{"permission denied", denied, func(r *Rig) bool { return r.Forbid != nil }},
		{"close", closes, always},
		{"close while a fact waits", closesWaiting, func(r *Rig) bool { return r.Says == Facts }},
	}
}

func always(*Rig) bool { return true }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
