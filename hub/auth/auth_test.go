package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/auth"
	"hallpulse/hub/auth/authtest"
)

const password = "correct horse battery"

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// hashed is the hash of password, computed once: under the race detector that takes a good while.
var hashed = sync.OnceValues(func() (string, error) {
	keep := authtest.NewMemory()
	if err := auth.New(auth.Options{Keeper: keep}).CreateAccount(context.Background(), auth.Account{Name: "li", Role: auth.CountyOfficer}, password); err != nil {
		return "", err
	}
	a, err := keep.Account(context.Background(), "li")
	return a.PasswordHash, err
})

func service(t *testing.T) (*auth.Service, *authtest.Memory, *clock) {
	t.Helper()
	keep, c := authtest.NewMemory(), &clock{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	s := auth.New(auth.Options{Keeper: keep, Now: c.now})
	hash, err := hashed()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []auth.Account{
		{Name: "wang", Role: auth.HallManager, Halls: []hall.HallID{"jiangkou"}},
		{Name: "li", Role: auth.CountyOfficer},
	} {
		a.PasswordHash = hash
		if err := keep.AddAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	return s, keep, c
}

func TestMemoryIsAKeeper(t *testing.T) {
	authtest.TestKeeper(t, func(*testing.T) auth.Keeper { return authtest.NewMemory() })
}

// meanwhile is a keeper to which something happens while a password is being checked.
type meanwhile struct {
	*authtest.Memory
	do   func()
	last []byte // hash of the token of the last session
}

func (m *meanwhile) PutSession(ctx context.Context, x auth.Session) error {
	m.do()
	m.last = x.TokenHash
	return m.Memory.PutSession(ctx, x)
}

// TestANewPasswordEndsALoginUnderWay: who has the old password and logs in again and again must not keep a session.
func TestANewPasswordEndsALoginUnderWay(t *testing.T) {
	_, keep, c := service(t)
	var s *auth.Service
	slow := &meanwhile{Memory: keep, do: func() {
		if err := s.SetPassword(t.Context(), "li", "another long password"); err != nil {
			t.Error(err)
		}
	}}
	s = auth.New(auth.Options{Now: c.now, Keeper: slow})
	token, _, err := s.Login(t.Context(), "li", password, "10.0.0.1")
	if !errors.Is(err, auth.ErrDenied) || token != "" {
		t.Errorf("login with the old password: %q, %v", token, err)
	}
	if x, err := keep.Session(t.Context(), slow.last); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("a session is left: %+v, %v", x, err)
	}
}

func TestCreateAccountRefuses(t *testing.T) {
	s, _, _ := service(t)
	for _, c := range []struct {
		name     string
		account  auth.Account
		password string
		want     error
	}{
		{"short password", auth.Account{Name: "a1", Role: auth.Auditor}, "short", auth.ErrPasswordShort},
		{"long password", auth.Account{Name: "a1", Role: auth.Auditor}, strings.Repeat("x", 201), auth.ErrPasswordLong},
		{"name", auth.Account{Name: "Not A Name", Role: auth.Auditor}, password, auth.ErrAccount},
		{"role", auth.Account{Name: "a1", Role: "king"}, password, auth.ErrRole},
		{"manager of nothing", auth.Account{Name: "a1", Role: auth.HallManager}, password, auth.ErrHalls},
		{"officer of one hall", auth.Account{Name: "a1", Role: auth.CountyOfficer, Halls: []hall.HallID{"x"}}, password, auth.ErrHalls},
		{"same again", auth.Account{Name: "li", Role: auth.Auditor}, password, auth.ErrExists},
	} {
		if err := s.CreateAccount(t.Context(), c.account, c.password); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestPasswordsAreKeptAsArgon2id(t *testing.T) {
	s, keep, _ := service(t)
	a, err := keep.Account(t.Context(), "wang")
	if err != nil || !strings.HasPrefix(a.PasswordHash, "$argon2id$v=19$") || strings.Contains(a.PasswordHash, password) {
		t.Errorf("kept %q, %v", a.PasswordHash, err)
	}
	list, err := s.Accounts(t.Context())
	if err != nil || len(list) != 2 || list[0].PasswordHash != "" {
		t.Errorf("listed %+v, %v: hashes must not leave", list, err)
	}
}

func TestLogin(t *testing.T) {
	s, keep, c := service(t)
	ctx := t.Context()
	token, a, err := s.Login(ctx, " Wang ", password, "10.0.0.1")
	if err != nil || a.Name != "wang" {
		t.Fatalf("login: %+v, %v", a, err)
	}
	id, csrf, err := s.BySession(ctx, token)
	if err != nil || id.Role != auth.HallManager || !id.MaySee("jiangkou") || id.MaySee("shaxi") || id.Token || csrf == "" {
		t.Errorf("identity %+v %q, %v", id, csrf, err)
	}
	for name, try := range map[string][2]string{"wrong password": {"wang", "wrong horse battery"}, "nobody": {"nobody", password}, "empty": {"", ""}} {
		if _, _, err := s.Login(ctx, try[0], try[1], "10.0.0.2"); !errors.Is(err, auth.ErrDenied) {
			t.Errorf("%s: %v, want ErrDenied", name, err)
		}
	}
	c.at = c.at.Add(11 * time.Hour)
	if _, _, err := s.BySession(ctx, token); err != nil {
		t.Errorf("after 11 h: %v", err)
	}
	c.at = c.at.Add(11 * time.Hour) // the request above renewed it
	if _, _, err := s.BySession(ctx, token); err != nil {
		t.Errorf("after 22 h with a request between: %v", err)
	}
	c.at = c.at.Add(auth.SessionIdle)
	if _, _, err := s.BySession(ctx, token); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("after 12 idle hours: %v, want ErrDenied", err)
	}
	a, err = keep.Account(ctx, "wang")
	a.Disabled = true
	if err != nil || keep.UpdateAccount(ctx, a) != nil {
		t.Fatal("cannot disable")
	}
	if _, _, err := s.Login(ctx, "wang", password, "10.0.0.1"); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("disabled account: %v, want ErrDenied", err)
	}
}

func TestLogoutAndNewPasswordEndSessions(t *testing.T) {
	s, _, _ := service(t)
	ctx := t.Context()
	login := func() string {
		token, _, err := s.Login(ctx, "li", password, "10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	one, two := login(), login()
	if err := s.Logout(ctx, one); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.BySession(ctx, one); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("after logout: %v, want ErrDenied", err)
	}
	if _, _, err := s.BySession(ctx, two); err != nil {
		t.Errorf("the other session: %v", err)
	}
	if err := s.SetPassword(ctx, "li", "another good password"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.BySession(ctx, two); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("after a new password: %v, want ErrDenied", err)
	}
}

func TestLoginIsLimited(t *testing.T) {
	s, _, c := service(t)
	ctx := t.Context()
	for i := range auth.FailuresAllowed {
		if _, _, err := s.Login(ctx, "wang", "wrong horse battery", "10.0.0.1"); !errors.Is(err, auth.ErrDenied) {
			t.Fatalf("failure %d: %v", i, err)
		}
	}
	var many auth.TooManyError
	if _, _, err := s.Login(ctx, "wang", password, "10.0.0.1"); !errors.As(err, &many) || many.Wait <= 0 {
		t.Errorf("right password after too many failures: %v, want TooManyError", err)
	}
	if _, _, err := s.Login(ctx, "wang", password, "10.0.0.2"); err != nil {
		t.Errorf("from another address: %v: others must not be able to lock an account", err)
	}
	c.at = c.at.Add(auth.FailureForgotten)
	if _, _, err := s.Login(ctx, "wang", password, "10.0.0.1"); err != nil {
		t.Errorf("after waiting: %v", err)
	}
}

func TestTokens(t *testing.T) {
	s, keep, c := service(t)
	ctx := t.Context()
	token, err := s.CreateToken(ctx, "grafana", "li", 24*time.Hour)
	if err != nil || !strings.HasPrefix(token, auth.TokenPrefix) {
		t.Fatalf("token %q, %v", token, err)
	}
	id, err := s.ByToken(ctx, token)
	if err != nil || id.Name != "li" || !id.Token || !id.All() {
		t.Errorf("identity %+v, %v", id, err)
	}
	for _, bad := range []string{"", "hpt_", token + "x", strings.TrimPrefix(token, auth.TokenPrefix), strings.Repeat("hpt_", 100)} {
		if _, err := s.ByToken(ctx, bad); !errors.Is(err, auth.ErrDenied) {
			t.Errorf("token %q: %v, want ErrDenied", bad, err)
		}
	}
	if _, err := s.CreateToken(ctx, "x", "nobody", 0); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("token of nobody: %v", err)
	}
	c.at = c.at.Add(24 * time.Hour)
	if _, err := s.ByToken(ctx, token); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("expired token: %v, want ErrDenied", err)
	}
	if err := keep.DeleteToken(ctx, "grafana"); err != nil {
		t.Fatal(err)
	}
}

func TestGivenToken(t *testing.T) {
	s, _, _ := service(t)
	ctx := t.Context()
	given := strings.Repeat("0123456789abcdef", 2)
	for _, bad := range []string{"", given[1:], given + " ", given + "\n", "密" + given, strings.Repeat(given, 5)} {
		if err := s.AddGivenToken(ctx, "script", "li", bad, 0); err == nil {
			t.Errorf("token %q was taken", bad)
		}
	}
	if err := s.AddGivenToken(ctx, "script", "li", given, -time.Second); err == nil {
		t.Error("a token that ended before it began was taken")
	}
	if err := s.AddGivenToken(ctx, "script", "li", given, 0); err != nil {
		t.Fatal(err)
	}
	if id, err := s.ByToken(ctx, given); err != nil || id.Name != "li" || !id.Token {
		t.Errorf("identity %+v, %v", id, err)
	}
	if err := s.AddGivenToken(ctx, "script", "li", given+"x", 0); !errors.Is(err, auth.ErrExists) {
		t.Errorf("the same name again: %v, want ErrExists", err)
	}
}

func TestDisabled(t *testing.T) {
	s, _, _ := service(t)
	ctx := t.Context()
	session, _, err := s.Login(ctx, "li", password, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.CreateToken(ctx, "grafana", "li", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetDisabled(ctx, "li", true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.BySession(ctx, session); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("session of a disabled account: %v", err)
	}
	if _, err := s.ByToken(ctx, token); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("token of a disabled account: %v", err)
	}
	if _, _, err := s.Login(ctx, "li", password, "10.0.0.1"); !errors.Is(err, auth.ErrDenied) {
		t.Errorf("login of a disabled account: %v", err)
	}
	if err := s.SetDisabled(ctx, "li", false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ByToken(ctx, token); err != nil {
		t.Errorf("token of an account that is allowed again: %v", err)
	}
	if err := s.SetDisabled(ctx, "nobody", true); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}
