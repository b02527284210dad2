package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"hallpulse/cmd/hallpulse-demo/internal/bench/edgeload"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
	"hallpulse/cmd/hallpulse-demo/internal/bench/peer"
	"hallpulse/cmd/hallpulse-demo/internal/county"
)

// Aims of the edge measurement.
const (
	aimRSS  = 32 << 20
	aimEdge = 0.02 // of a core
)

func edgeTable(ctx context.Context, o Options, dir string) (*measure.Table, error) {
	t := &measure.Table{Title: "edge: a gateway with its devices, connected to the hub"}
	t.Figure("each measured for", "%v, after %v", o.For, o.Warm)
	program, err := installed()
	if err != nil {
		t.Note("NO INSTALLED GATEWAY: %v; the aim for memory is held against the demonstration's program, which holds the hub as well", err)
	} else if err := edgeBesidePeer(ctx, o, dir, program, t); err != nil {
		return nil, err
	}
	if program != "" {
		if err := sixtyBesidePeer(ctx, o, dir, program, t); err != nil {
			return nil, err
		}
	}
	r, err := edgeload.Run(ctx, edgeload.Options{Dir: filepath.Join(dir, "gpio"), Warm: o.Warm, For: o.For, Profile: o.profile("edge")})
	if err != nil {
		return nil, err
	}
	gateway(t, "this program's gateway, with simulated GPIO", r, program == "")
	t.Note("the installed program finds no GPIO for its door counters here and tries again and again; the other has them all")
	return t, nil
}

// installed finds the gateway's program beside this one, where the build puts both.
func installed() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "hallpulse-edge")
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return path, nil
}

// edgeBesidePeer measures the installed program, and Telegraf in the same minute.
func edgeBesidePeer(ctx context.Context, o Options, dir, program string, t *measure.Table) error {
	list, ok := tools(o, t)
	var idle measure.Share
	var idleErr error
	var wg sync.WaitGroup
	if ok {
		wg.Go(func() { idle, idleErr = peer.Idle(ctx, list, filepath.Join(dir, "peer"), o.Warm, o.For) })
	}
	r, err := edgeload.Run(ctx, edgeload.Options{Dir: filepath.Join(dir, "installed"), Warm: o.Warm, For: o.For, Gateway: program})
	wg.Wait()
	if err = errors.Join(err, idleErr); err != nil {
		return err
	}
	gateway(t, "hallpulse-edge, as halls install it", r, true)
	if ok {
		t.Figure("peer: Telegraf with three plugins, idle", "%s resident, peak %s; %.2f %% of a core", measure.MiB(idle.RSS), measure.MiB(idle.Peak), 100*idle.CPU)
		t.Figure("ours to the peer", "%.2f of the memory", float64(r.RSS)/float64(idle.RSS))
	}
	return nil
}

// sixtyBesidePeer measures the installed program with sixty devices, and in the same minute Telegraf with the twenty of them
// that it has inputs for.
func sixtyBesidePeer(ctx context.Context, o Options, dir, program string, t *measure.Table) error {
	list, ok := tools(o, t)
	run := edgeload.Options{Dir: filepath.Join(dir, "sixty"), Warm: o.Warm, For: o.For, Gateway: program, Sixty: true}
	var asked measure.Share
	var known county.Network
	if ok {
		addr, stop, err := peer.Broker(ctx, list, filepath.Join(dir, "sixty-broker"))
		if err != nil {
			return err
		}
		defer func() { _ = stop() }() // its log tells
		run.MQTT = addr
		run.Beside = func(ctx context.Context, n county.Network) (err error) {
			known = n
			d := peer.Devices{Hosts: n.Hosts, SNMP: n.SNMP, Broker: n.Broker, Topics: n.Topics}
			asked, err = peer.Ask(ctx, list, filepath.Join(dir, "sixty-peer"), d, 0, o.For)
			if err != nil {
				t.Note("TELEGRAF IS NOT MEASURED with devices: %v; does it have the inputs net_response, http_response and snmp?", err)
			}
			return nil
		}
	}
	r, err := edgeload.Run(ctx, run)
	if err != nil {
		return err
	}
	t.Figure("hallpulse-edge with sixty devices", "%d devices well", r.Devices)
	t.Figure("  memory resident, median", "%s, peak %s", measure.MiB(r.RSS), measure.MiB(r.Peak))
	t.Figure("  processor time, of a core", "%.2f %%", 100*r.CPU)
	t.Figure("  from the wire to the journal's disk", "median <= %v, p99 <= %v, of %d facts", r.P50, r.P99, r.Facts)
	if asked.RSS > 0 {
		t.Figure("peer: Telegraf with the same devices on the network", "%d of the sixty: %s resident, peak %s; %.2f %% of a core",
			len(known.Hosts)+len(known.SNMP)+len(known.Topics), measure.MiB(asked.RSS), measure.MiB(asked.Peak), 100*asked.CPU)
	}
	return nil
}

// gateway adds the figures of one gateway; the aim for memory is for the installed program.
func gateway(t *measure.Table, name string, r edgeload.Result, memory bool) {
	t.Figure(name, "%d devices well, %d door counters in all", r.Devices, r.Doors)
	text := fmt.Sprintf("%s, peak %s", measure.MiB(r.RSS), measure.MiB(r.Peak))
	if memory {
		t.Aim(r.RSS < aimRSS, "< 32 MiB", "  memory resident, median", "%s", text)
	} else {
		t.Figure("  memory resident, median", "%s", text)
	}
	t.Aim(r.CPU < aimEdge, "< 2 %", "  processor time, of a core", "%.2f %%", 100*r.CPU)
}
