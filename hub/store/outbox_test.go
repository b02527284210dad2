package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// TestOutbox: what is to be told is stored with the change, once by its key, and is there after a restart, in order.
func TestOutbox(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "hub.db")
	s, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	notice := func(key string) Notice { return Notice{Channel: "webhook", Key: key, Body: []byte(key)} }
	row := IncidentRow{ID: "1", Hall: "a", Status: "firing", Since: time.Unix(1, 0)}
	if err := s.SaveIncidents(ctx, []IncidentRow{row}, notice("1-firing"), notice("1-firing")); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveIncidents(ctx, []IncidentRow{row}, notice("1-resolved"), Notice{Channel: "mail", Key: "1-firing", Body: []byte{}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, path, Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	list, err := s.Notices(ctx, "webhook", 0)
	if err != nil || len(list) != 2 || list[0].Key != "1-firing" || string(list[1].Body) != "1-resolved" || list[0].Made.IsZero() {
		t.Fatalf("%v %+v", err, list)
	}
	if err := s.MergeNotices(ctx, list, "digest", []byte("both")); err != nil {
		t.Fatal(err)
	}
	merged, err := s.Notices(ctx, "webhook", 1)
	if err != nil || len(merged) != 1 || merged[0].ID != list[0].ID || merged[0].Key != "digest" || string(merged[0].Body) != "both" {
		t.Fatalf("%v %+v", err, merged)
	}
	if err := s.DropNotice(ctx, merged[0].ID); err != nil {
		t.Fatal(err)
	}
	for channel, want := range map[string]int{"webhook": 0, "mail": 1} {
		if n, err := s.CountNotices(ctx, channel); err != nil || n != want {
			t.Errorf("%s: %d wait, want %d: %v", channel, n, want, err)
		}
	}
}

// TestOutboxBound: the oldest go first.
func TestOutboxBound(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "hub.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	var many []Notice
	for i := range MaxNotices + 2 {
		many = append(many, Notice{Channel: "webhook", Key: fmt.Sprint(i), Body: []byte{}})
	}
	if err := s.SaveIncidents(ctx, nil, many...); err != nil {
		t.Fatal(err)
	}
	list, err := s.Notices(ctx, "webhook", 0)
	if err != nil || len(list) != MaxNotices || list[0].Key != "2" {
		t.Errorf("%v: %d wait, the first is %+v", err, len(list), list[0])
	}
}

// TestResolvedIncidents: the last to end comes first; open ones are not among them.
func TestResolvedIncidents(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "hub.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	at := func(n int64) time.Time { return time.Unix(n, 0) }
	list := []IncidentRow{{ID: "a", Since: at(1), Resolved: at(30)}, {ID: "b", Since: at(2), Resolved: at(10)}, {ID: "c", Since: at(3)}, {ID: "d", Since: at(4), Resolved: at(20)}}
	if err := s.SaveIncidents(ctx, list); err != nil {
		t.Fatal(err)
	}
	got, err := s.ResolvedIncidents(ctx, 2)
	if err != nil || len(got) != 2 || got[0].ID != "a" || got[1].ID != "d" {
		t.Errorf("%v %+v", err, got)
	}
}
