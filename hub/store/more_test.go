package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hallpulse/hall"
)

func TestGatewayCredentials(t *testing.T) {
	s, _ := temp(t)
	ctx := t.Context()
	first, err := s.EnrolGateway(ctx, "a")
	if err != nil || len(first) != 43 {
		t.Fatalf("credential of %d characters, %v", len(first), err)
	}
	second, err := s.EnrolGateway(ctx, "a")
	if err != nil || second == first {
		t.Fatalf("the same credential again, %v", err)
	}
	for _, c := range []struct {
		hall       hall.HallID
		credential string
		want       bool
	}{{"a", second, true}, {"a", first, false}, {"a", "", false}, {"b", second, false}, {"", "", false}} {
		if ok, err := s.CheckGateway(ctx, c.hall, c.credential); ok != c.want || err != nil {
			t.Errorf("hall %q: %v, %v", c.hall, ok, err)
		}
	}
	born(t, s, "a", 1)
	if g, err := s.Gateways(ctx); err != nil || len(g) != 1 || g[0].LastSeen.IsZero() || g[0].Created.IsZero() {
		t.Errorf("gateways %+v, %v", g, err)
	}
	if err := s.RevokeGateway(ctx, "a"); err != nil {
		t.Error(err)
	}
	if err := s.RevokeGateway(ctx, "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	if ok, err := s.CheckGateway(ctx, "a", second); ok || err != nil {
		t.Errorf("revoked: %v, %v", ok, err)
	}
	if _, err := s.EnrolGateway(ctx, "a/b"); err == nil {
		t.Error("a hall id with a slash was enrolled")
	}
}

func TestRefusalsAreCountedAndBounded(t *testing.T) {
	s, _ := temp(t)
	one := Refusal{What: "connection", Who: "a", Remote: "10.0.0.1", Reason: "wrong credential", Last: at(1)}
	if err := s.NoteRefusal(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	one.Last, one.Count = at(5000), 3
	list := []Refusal{one}
	for i := range MaxRefusals + 50 {
		list = append(list, Refusal{What: "publish", Who: fmt.Sprint(i), Last: at(uint64(i))})
	}
	if err := s.NoteRefusals(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	got, err := s.Refusals(t.Context())
	if err != nil || len(got) != MaxRefusals {
		t.Fatalf("%d refusals, %v", len(got), err)
	}
	if r := got[0]; r.Count != 4 || !r.First.Equal(at(1)) || !r.Last.Equal(at(5000)) {
		t.Errorf("newest %+v", r)
	}
}

func TestAccountsSessionsTokens(t *testing.T) {
	s, _ := temp(t)
	ctx := t.Context()
	a := Account{Name: "li", Role: "hall_manager", Halls: []hall.HallID{"a", "b"}, Password: "$argon2id$x", Lang: "zh"}
	if err := s.AddAccount(ctx, a); err != nil {
		t.Fatal(err)
	}
	if err := s.AddAccount(ctx, a); !errors.Is(err, ErrExists) {
		t.Errorf("added twice: %v", err)
	}
	a.Disabled, a.Halls = true, nil
	if err := s.UpdateAccount(ctx, a); err != nil {
		t.Error(err)
	}
	if err := s.UpdateAccount(ctx, Account{Name: "nobody"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("update of nobody: %v", err)
	}
	if got, err := s.Account(ctx, "li"); err != nil || !got.Disabled || len(got.Halls) != 0 || got.Password != a.Password {
		t.Errorf("account %+v, %v", got, err)
	}
	if _, err := s.Account(ctx, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("account of nobody: %v", err)
	}
	if list, err := s.Accounts(ctx); err != nil || len(list) != 1 {
		t.Errorf("accounts %+v, %v", list, err)
	}
	for i, account := range []string{"li", "li", "wang"} {
		x := Session{TokenHash: []byte{byte(i)}, Account: account, Expires: at(uint64(i) * 10), CSRF: "c"}
		if err := s.PutSession(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ExtendSession(ctx, []byte{1}, at(99)); err != nil {
		t.Error(err)
	}
	if x, err := s.Session(ctx, []byte{1}); err != nil || !x.Expires.Equal(at(99)) || x.Account != "li" || x.CSRF != "c" {
		t.Errorf("session %+v, %v", x, err)
	}
	if err := errors.Join(s.DeleteSessionsBefore(ctx, at(5)), s.DeleteSessionsOf(ctx, "wang"), s.DeleteSession(ctx, []byte{7})); err != nil {
		t.Error(err)
	}
	for hash, want := range map[byte]bool{0: false, 1: true, 2: false} {
		if _, err := s.Session(ctx, []byte{hash}); (err == nil) != want {
			t.Errorf("session %d: %v", hash, err)
		}
	}
	k := Token{Name: "grafana", Hash: []byte("h"), Account: "li", Created: at(1)}
	if err := s.AddToken(ctx, k); err != nil {
		t.Fatal(err)
	}
	if err := s.AddToken(ctx, k); !errors.Is(err, ErrExists) {
		t.Errorf("added twice: %v", err)
	}
	if got, err := s.Token(ctx, []byte("h")); err != nil || got.Name != "grafana" || !got.Expires.IsZero() || !got.Created.Equal(at(1)) {
		t.Errorf("token %+v, %v", got, err)
	}
	if list, err := s.Tokens(ctx); err != nil || len(list) != 1 {
		t.Errorf("tokens %+v, %v", list, err)
	}
	if err := s.DeleteToken(ctx, "grafana"); err != nil {
		t.Error(err)
	}
	if _, err := s.Token(ctx, []byte("h")); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted token: %v", err)
	}
}

func TestIncidents(t *testing.T) {
	s, _ := temp(t)
	ctx := t.Context()
	var list []IncidentRow
	for i := range 9 {
		r := IncidentRow{ID: fmt.Sprint("i", i), Hall: "a", Rule: "device_down", Status: "firing", Since: at(uint64(i / 2)), Body: []byte("{}")}
		if i%3 == 0 {
			r.Hall, r.Resolved = "b", at(100)
		}
		list = append(list, r)
	}
	if err := s.SaveIncidents(ctx, list); err != nil {
		t.Fatal(err)
	}
	list[1].Status, list[1].Resolved = "resolved", at(50)
	if err := s.SaveIncidents(ctx, list[1:2]); err != nil {
		t.Fatal(err)
	}
	if open, err := s.OpenIncidents(ctx); err != nil || len(open) != 5 || open[0].ID != "i2" || string(open[0].Body) != "{}" {
		t.Errorf("open %+v, %v", open, err)
	}
	var ids []string
	q := Query{Halls: []hall.HallID{"a"}, Limit: 2, From: at(0), To: at(4)}
	for {
		p, err := s.Incidents(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Items {
			ids = append(ids, r.ID)
		}
		if q.Cursor = p.Next; p.Next == "" {
			break
		}
	}
	if got := fmt.Sprint(ids); got != "[i7 i5 i4 i2 i1]" {
		t.Errorf("incidents %s", got)
	}
	if _, err := s.Incidents(ctx, Query{Cursor: "x"}); !errors.Is(err, ErrCursor) {
		t.Errorf("cursor: %v", err)
	}
}

func TestBackupIsAStore(t *testing.T) {
	s, path := temp(t)
	commit(t, s, commitOf("a", 1, 1, 30))
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), copied); !errors.Is(err, os.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the copy: %v, %v", info, err)
	}
	c := open(t, copied)
	if p, err := c.Tickets(t.Context(), Query{}); err != nil || len(p.Items) != 30 {
		t.Errorf("%d tickets, %v", len(p.Items), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// BenchmarkCommit stores a day of a county: groups of 20,000 facts of 20 halls, a ticket row for each.
func BenchmarkCommit(b *testing.B) {
	s, _ := temp(b)
	const halls, each = 20, 1000
	seq := uint64(0)
	for b.Loop() {
		b.StopTimer()
		var c Commit
		for h := range halls {
			c.Halls = append(c.Halls, commitOf(hall.HallID(fmt.Sprint("hall-", h)), uint64(h+1), seq+1, seq+each))
		}
		seq += each
		b.StartTimer()
		if err := s.Commit(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*halls*each/b.Elapsed().Seconds(), "facts/s")
}

// BenchmarkTickets reads the first page of every hall of a city.
func BenchmarkTickets(b *testing.B) {
	s, _ := temp(b)
	for h := range 350 {
		commit(b, s, commitOf(hall.HallID(fmt.Sprint("hall-", h)), uint64(h+1), 1, 200))
	}
	b.ResetTimer()
	for b.Loop() {
		if p, err := s.Tickets(b.Context(), Query{From: at(50)}); err != nil || len(p.Items) != DefaultLimit {
			b.Fatal(len(p.Items), err)
		}
	}
}
