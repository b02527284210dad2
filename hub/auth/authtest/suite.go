package authtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/auth"
)

// TestKeeper is what every keeper passes. open gives an empty one.
func TestKeeper(t *testing.T, open func(t *testing.T) auth.Keeper) {
	t.Run("accounts", func(t *testing.T) { testAccounts(t, open(t)) })
	t.Run("sessions", func(t *testing.T) { testSessions(t, open(t)) })
	t.Run("tokens", func(t *testing.T) { testTokens(t, open(t)) })
}

func testAccounts(t *testing.T, k auth.Keeper) {
	ctx := t.Context()
	if _, err := k.Account(ctx, "wang"); !errors.Is(err, auth.ErrNotFound) {
		t.Fatalf("missing account: %v, want ErrNotFound", err)
	}
	wang := auth.Account{Name: "wang", Role: auth.HallManager, Halls: []hall.HallID{"shaxi", "jiangkou"}, PasswordHash: "$x", Lang: "en"}
	must(t, k.AddAccount(ctx, wang))
	must(t, k.AddAccount(ctx, auth.Account{Name: "admin", Role: auth.Administrator}))
	if err := k.AddAccount(ctx, wang); !errors.Is(err, auth.ErrExists) {
		t.Errorf("same account again: %v, want ErrExists", err)
	}
	wang.Disabled, wang.PasswordHash = true, "$y"
	must(t, k.UpdateAccount(ctx, wang))
	got, err := k.Account(ctx, "wang")
	must(t, err)
	if got.Role != wang.Role || !got.Disabled || got.PasswordHash != "$y" || got.Lang != "en" || len(got.Halls) != 2 || !slices.Contains(got.Halls, "jiangkou") {
		t.Errorf("account is %+v, want %+v", got, wang)
	}
	if err := k.UpdateAccount(ctx, auth.Account{Name: "nobody"}); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("update of nobody: %v, want ErrNotFound", err)
	}
	list, err := k.Accounts(ctx)
	must(t, err)
	if len(list) != 2 || list[0].Name != "admin" || list[1].Name != "wang" {
		t.Errorf("accounts are %+v, want admin, wang", list)
	}
}

func testSessions(t *testing.T, k auth.Keeper) {
	ctx := t.Context()
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	must(t, k.AddAccount(ctx, auth.Account{Name: "wang", Role: auth.Auditor}))
	must(t, k.AddAccount(ctx, auth.Account{Name: "li", Role: auth.Auditor}))
	put := func(hash, account string, expires time.Time) {
		must(t, k.PutSession(ctx, auth.Session{TokenHash: []byte(hash), Account: account, Expires: expires, CSRF: "word"}))
	}
	gone := func(hash string, want bool) {
		t.Helper()
		if _, err := k.Session(ctx, []byte(hash)); errors.Is(err, auth.ErrNotFound) != want {
			t.Errorf("session %s: %v, gone should be %v", hash, err, want)
		}
	}
	put("one", "wang", at)
	put("two", "wang", at.Add(time.Hour))
	put("three", "li", at.Add(2*time.Hour))
	must(t, k.ExtendSession(ctx, []byte("one"), at.Add(3*time.Hour)))
	must(t, k.ExtendSession(ctx, []byte("never"), at))
	gone("never", true)
	s, err := k.Session(ctx, []byte("one"))
	must(t, err)
	if s.Account != "wang" || s.CSRF != "word" || !s.Expires.Equal(at.Add(3*time.Hour)) || string(s.TokenHash) != "one" {
		t.Errorf("session is %+v", s)
	}
	must(t, k.DeleteSessionsBefore(ctx, at.Add(90*time.Minute)))
	gone("two", true)
	gone("three", false)
	must(t, k.DeleteSessionsOf(ctx, "wang"))
	gone("one", true)
	must(t, k.DeleteSession(ctx, []byte("three")))
	must(t, k.DeleteSession(ctx, []byte("three")))
	gone("three", true)
}

func testTokens(t *testing.T, k auth.Keeper) {
	ctx := t.Context()
	must(t, k.AddAccount(ctx, auth.Account{Name: "wang", Role: auth.Auditor}))
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	want := auth.Token{Name: "grafana", Hash: []byte{0, 1, 2}, Account: "wang", Created: at}
	must(t, k.AddToken(ctx, want))
	if err := k.AddToken(ctx, auth.Token{Name: "grafana", Hash: []byte{9}, Account: "wang"}); !errors.Is(err, auth.ErrExists) {
		t.Errorf("same name again: %v, want ErrExists", err)
	}
	got, err := k.Token(ctx, []byte{0, 1, 2})
	must(t, err)
	if got.Name != "grafana" || got.Account != "wang" || !got.Created.Equal(at) || !got.Expires.IsZero() {
		t.Errorf("token is %+v, want %+v", got, want)
	}
	must(t, k.DeleteToken(ctx, "grafana"))
	if _, err := k.Token(ctx, []byte{0, 1, 2}); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("deleted token: %v, want ErrNotFound", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
