package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
	"hallpulse/hub/alert"
	"hallpulse/hub/store"
)

// row is what these tests read of a ticket.
type row struct {
	Hall, Number string
}

// TestLog: a record comes through the broker into the store and out of the interface, once, whatever comes twice or late.
func TestLog(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	g.tickets(1, 3)
	g.awaitFacts(3)
	g.tickets(1, 3) // again, as after a lost ack
	g.awaitFacts(3)
	g.tickets(2, 5) // half of it is there
	g.awaitFacts(5)
	g.tickets(9, 9) // beyond: what is between comes first
	if a := g.await("resend", func(a wire.Ack) bool { return a.Resend }); a.Seq != 5 {
		t.Errorf("asked again from %d, want 5", a.Seq)
	}
	if rows := items[row](t, b, "/api/v1/tickets?hall=jiangkou"); len(rows) != 5 || rows[4].Number != "A005" || rows[0].Hall != "jiangkou" {
		t.Errorf("tickets %+v", rows)
	}
	g.readings(1, 2)
	g.await("readings", func(a wire.Ack) bool { return a.Lane == hall.Readings && a.Seq == 2 })
	from, to := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	if code, body := b.get(t, b.token, "/api/v1/series?hall=jiangkou&metric=people&step=60&from="+from+"&to="+to); code != http.StatusOK || !strings.Contains(body, `"last":2`) {
		t.Errorf("series: %d %s", code, body)
	}
}

// TestLink: what a hall says is shown at once; a gateway that vanishes is an alert, its devices are not.
func TestLink(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	g.waiting(3)
	g.keypad(hall.HealthOK)
	eventually(t, "the queue is shown", func() bool {
		code, body := b.get(t, b.token, "/api/v1/halls/jiangkou")
		return code == http.StatusOK && strings.Contains(body, `"waiting":3`) && strings.Contains(body, `"link":"online"`)
	})
	g.keypad(hall.HealthDown)
	down := b.hooks.await(t, "firing", "device_down")
	if down.Incident.Subject != "keypad" || !strings.Contains(down.Text.ZH, "评价器") {
		t.Errorf("told %+v", down)
	}
	g.vanish()
	lost := b.hooks.await(t, "firing", "gateway_lost")
	if lost.Hall != "jiangkou" || !strings.Contains(lost.Text.ZH, "江口镇") {
		t.Errorf("told %+v", lost)
	}
	eventually(t, "the device's alert is inhibited", func() bool {
		for _, i := range items[alert.Incident](t, b, "/api/v1/alerts?status=open") {
			if i.Rule == alert.DeviceDown {
				return i.Suppressed
			}
		}
		return false
	})
	b.hooks.none(t)
}

// TestQueueTooLong: a long queue is told after its time and is over under the clearing limit only.
func TestQueueTooLong(t *testing.T) {
	b := newBench(t)
	g := b.connect(t, described("jiangkou", "江口镇"))
	began := time.Now()
	g.waiting(6)
	m := b.hooks.await(t, "firing", "queue_too_long")
	if held := time.Since(began); held < b.cfg.Alerts.QueueFor {
		t.Errorf("told after %v, before it held for %v", held, b.cfg.Alerts.QueueFor)
	}
	if m.Incident.Value != 6 || m.Incident.Limit != 5 {
		t.Errorf("incident %+v", m.Incident)
	}
	g.waiting(4) // between the limits
	eventually(t, "4 are shown", func() bool {
		_, body := b.get(t, b.token, "/api/v1/halls/jiangkou")
		return strings.Contains(body, `"waiting":4`)
	})
	if open := items[alert.Incident](t, b, "/api/v1/alerts?status=firing"); len(open) != 1 {
		t.Errorf("open alerts %+v", open)
	}
	b.hooks.none(t)
	g.waiting(3)
	b.hooks.await(t, "resolved", "queue_too_long")
}

// TestRefused: a wrong credential, a foreign topic and what cannot be read are turned away, and the administrator sees it.
func TestRefused(t *testing.T) {
	b := newBench(t)
	if _, err := b.dial(t, described("jiangkou", "江口镇"), "guessed"); err == nil {
		t.Fatal("a guessed credential connects")
	}
	g := b.connect(t, described("jiangkou", "江口镇"))
	foreign, err := wire.EncodeWill(wire.Will{Boot: 1, Online: true, Sent: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	g.publish(wire.TopicState("jiangkou", hall.SectionQueue), []byte("no snapshot"), nil)
	g.publish(wire.TopicLog("jiangkou", hall.Facts), []byte("no batch"), nil)
	other, err := wire.EncodeBirth(wire.Birth{Hall: described("shaxi", "沙溪镇"), Epoch: 1, Boot: 1, Version: "test", Sent: time.Now()})
	g.publish(wire.TopicBirth("jiangkou"), other, err)
	g.client.Publish(wire.TopicWill("shaxi"), 1, false, foreign) // which ends the connection
	want := map[string]string{                                   // what, and a part of its reason or topic
		"wrong credential": "connection", wire.TopicWill("shaxi"): "publish", "state/queue": "message", "log/facts": "batch", "birth of another hall": "message",
	}
	eventually(t, "every refusal is listed", func() bool {
		list := items[store.Refusal](t, b, "/api/v1/refusals")
		for part, what := range want {
			found := false
			for _, r := range list {
				found = found || r.What == what && strings.Contains(r.Topic+" "+r.Reason, part) && r.Count > 0
			}
			if !found {
				return false
			}
		}
		return true
	})
	if code, page := b.get(t, b.token, "/admin"); code != http.StatusOK || !strings.Contains(page, "凭证不对") {
		t.Errorf("the administrator's page, %d, does not tell of it", code)
	}
	if code, _ := b.get(t, b.token, "/api/v1/halls/shaxi"); code != http.StatusNotFound {
		t.Errorf("a hall that was never enrolled is known: %d", code)
	}
}
