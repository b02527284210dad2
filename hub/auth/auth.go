package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"hallpulse/hall"
)

// Life of a session.
const (
	SessionIdle  = 12 * time.Hour   // without a request
	sessionRenew = 10 * time.Minute // the expiry is written anew at most this often
	tokenBytes   = 32
	TokenPrefix  = "hpt_" // of API tokens made here, so that a leaked one is recognised
	MinToken     = 32     // characters of a token that its owner chose
	maxToken     = 128    // characters of any
)

// Errors that callers tell apart.
var (
	ErrDenied  = errors.New("auth: denied")                                                               // unknown, disabled, wrong password, expired: never says which
	ErrRole    = errors.New("auth: unknown role")                                                         //
	ErrAccount = errors.New("auth: an account name is 2 to 32 of a-z 0-9 . _ -, beginning with a letter") //
	ErrHalls   = errors.New("auth: a hall_manager needs at least one hall, nobody else has any")
)

// TooManyError refuses a login because too many failed.
type TooManyError struct{ Wait time.Duration }

func (e TooManyError) Error() string {
	return fmt.Sprintf("auth: too many failed logins, wait %s", e.Wait.Round(time.Second))
}

// Options of a Service.
type Options struct {
	Keeper Keeper
	Now    func() time.Time // nil: time.Now
}

// Service checks who asks.
type Service struct {
	keep   Keeper
	now    func() time.Time
	hash   *hasher
	limit  *limiter
	nobody string // hash of a password nobody has: an unknown account costs the same time
}

// New gives a service over what the keeper holds. There is no default account and no default password.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	// The parts are of the right length and match no password; nothing is computed here.
	nobody := encodeHash(argonTime, argonMemory, argonThreads, make([]byte, saltBytes), make([]byte, keyBytes))
	return &Service{keep: o.Keeper, now: o.Now, hash: newHasher(), limit: newLimiter(), nobody: nobody}
}

var accountName = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// CreateAccount adds an account with a password.
func (s *Service) CreateAccount(ctx context.Context, a Account, password string) error {
	if err := checkAccount(a); err != nil {
		return err
	}
	phc, err := s.hash.hash(ctx, password)
	if err != nil {
		return err
	}
	a.PasswordHash = phc
	return s.keep.AddAccount(ctx, a)
}

func checkAccount(a Account) error {
	if !accountName.MatchString(a.Name) {
		return ErrAccount
	}
	if !slices.Contains([]Role{HallManager, CountyOfficer, Auditor, Administrator}, a.Role) {
		return ErrRole
	}
	if (a.Role == HallManager) != (len(a.Halls) > 0) {
		return ErrHalls
	}
	return nil
}

// SetPassword gives an account another password and ends its sessions.
func (s *Service) SetPassword(ctx context.Context, name, password string) error {
	a, err := s.keep.Account(ctx, name)
	if err != nil {
		return fmt.Errorf("auth: set password: %w", err)
	}
	if a.PasswordHash, err = s.hash.hash(ctx, password); err != nil {
		return err
	}
	if err := s.keep.UpdateAccount(ctx, a); err != nil {
		return fmt.Errorf("auth: set password: %w", err)
	}
	return s.keep.DeleteSessionsOf(ctx, name)
}

// SetDisabled keeps an account from being used, or allows it again. Its sessions end; its tokens stay, of no use meanwhile.
func (s *Service) SetDisabled(ctx context.Context, name string, disabled bool) error {
	a, err := s.keep.Account(ctx, name)
	if err != nil {
		return fmt.Errorf("auth: disable: %w", err)
	}
	a.Disabled = disabled
	if err := s.keep.UpdateAccount(ctx, a); err != nil {
		return fmt.Errorf("auth: disable: %w", err)
	}
	return s.keep.DeleteSessionsOf(ctx, name)
}

// Accounts lists every account, without password hashes.
func (s *Service) Accounts(ctx context.Context) ([]Account, error) {
	list, err := s.keep.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("auth: accounts: %w", err)
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].PasswordHash = ""
	}
	return list, nil
}

// Login checks a password and begins a session. token goes into the browser's cookie and is kept nowhere else.
// Errors: ErrDenied, TooManyError, or one of the keeper.
func (s *Service) Login(ctx context.Context, name, password, address string) (token string, a Account, err error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if len(name) > 64 {
		name = name[:64]
	}
	if wait, ok := s.limit.take(name, address, s.now()); !ok {
		return "", Account{}, TooManyError{wait}
	}
	a, err = s.keep.Account(ctx, name)
	known := err == nil
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", Account{}, fmt.Errorf("auth: login: %w", err)
	}
	phc := a.PasswordHash
	if !known {
		phc = s.nobody
	}
	match, err := s.hash.matches(ctx, phc, password)
	if err != nil {
		return "", Account{}, err
	}
	if !match || !known || a.Disabled {
		return "", Account{}, ErrDenied
	}
	s.limit.succeeded(name, address)
	if token, err = s.begin(ctx, name); err != nil {
		return "", Account{}, err
	}
	if err := s.still(ctx, a, token); err != nil {
		return "", Account{}, err
	}
	return token, a, nil
}

// still ends a session that began with a password which was replaced while it was checked: SetPassword did not find it.
func (s *Service) still(ctx context.Context, a Account, token string) error {
	now, err := s.keep.Account(ctx, a.Name)
	if err == nil && now.PasswordHash == a.PasswordHash {
		return nil
	}
	if err == nil {
		err = ErrDenied
	}
	return errors.Join(denied("login", err), s.keep.DeleteSession(context.WithoutCancel(ctx), digest(token)))
}

func (s *Service) begin(ctx context.Context, name string) (string, error) {
	token, err := randomToken()
	if err != nil {
		return "", err
	}
	csrf, err := randomToken()
	if err != nil {
		return "", err
	}
	now := s.now()
	if err := s.keep.DeleteSessionsBefore(ctx, now); err != nil {
		return "", fmt.Errorf("auth: begin session: %w", err)
	}
	sess := Session{TokenHash: digest(token), Account: name, Expires: now.Add(SessionIdle), CSRF: csrf}
	if err := s.keep.PutSession(ctx, sess); err != nil {
		return "", fmt.Errorf("auth: begin session: %w", err)
	}
	return token, nil
}

// Logout ends the session of a cookie's token.
func (s *Service) Logout(ctx context.Context, token string) error {
	err := s.keep.DeleteSession(ctx, digest(token))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("auth: logout: %w", err)
	}
	return nil
}

// BySession gives who is behind a cookie's token, and the session's CSRF word. ErrDenied when nobody is.
func (s *Service) BySession(ctx context.Context, token string) (Identity, string, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return Identity{}, "", ErrDenied
	}
	sess, err := s.keep.Session(ctx, digest(token))
	if err != nil {
		return Identity{}, "", denied("session", err)
	}
	now := s.now()
	if !now.Before(sess.Expires) {
		return Identity{}, "", ErrDenied
	}
	id, err := s.identity(ctx, sess.Account)
	if err != nil {
		return Identity{}, "", err
	}
	if sess.Expires.Sub(now) < SessionIdle-sessionRenew {
		if err := s.keep.ExtendSession(ctx, sess.TokenHash, now.Add(SessionIdle)); err != nil {
			return Identity{}, "", fmt.Errorf("auth: renew session: %w", err)
		}
	}
	return id, sess.CSRF, nil
}

// CreateToken makes an API token for an account and gives it: it is shown once, and not good after an error. life 0: it
// never expires.
func (s *Service) CreateToken(ctx context.Context, name, account string, life time.Duration) (string, error) {
	secret, err := randomToken()
	if err != nil {
		return "", err
	}
	return TokenPrefix + secret, s.AddGivenToken(ctx, name, account, TokenPrefix+secret, life)
}

// AddGivenToken makes a token that the caller chose known: at least MinToken printable characters without a space. How
// hard it is to guess is the caller's to see. life 0: it never expires.
func (s *Service) AddGivenToken(ctx context.Context, name, account, token string, life time.Duration) error {
	if name == "" || len(name) > 64 {
		return errors.New("auth: a token's name has 1 to 64 bytes")
	}
	if !tokenForm(token) {
		return fmt.Errorf("auth: a token has %d to %d printable ASCII characters without a space", MinToken, maxToken)
	}
	if life < 0 {
		return errors.New("auth: a token's life cannot be negative")
	}
	if _, err := s.keep.Account(ctx, account); err != nil {
		return fmt.Errorf("auth: add token: %w", err)
	}
	now := s.now()
	t := Token{Name: name, Hash: digest(token), Account: account, Created: now}
	if life > 0 {
		t.Expires = now.Add(life)
	}
	if err := s.keep.AddToken(ctx, t); err != nil {
		return fmt.Errorf("auth: add token: %w", err)
	}
	return nil
}

// tokenForm says whether a text can be a token at all, as a header can carry it.
func tokenForm(token string) bool {
	return len(token) >= MinToken && len(token) <= maxToken &&
		!strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}

// ByToken gives who is behind an API token. ErrDenied when nobody is.
func (s *Service) ByToken(ctx context.Context, token string) (Identity, error) {
	if !tokenForm(token) {
		return Identity{}, ErrDenied
	}
	t, err := s.keep.Token(ctx, digest(token))
	if err != nil {
		return Identity{}, denied("token", err)
	}
	if !t.Expires.IsZero() && !s.now().Before(t.Expires) {
		return Identity{}, ErrDenied
	}
	id, err := s.identity(ctx, t.Account)
	id.Token = true
	return id, err
}

func (s *Service) identity(ctx context.Context, name string) (Identity, error) {
	a, err := s.keep.Account(ctx, name)
	if err != nil {
		return Identity{}, denied("account", err)
	}
	if a.Disabled {
		return Identity{}, ErrDenied
	}
	id := Identity{Name: a.Name, Role: a.Role}
	if a.Role == HallManager {
		id.Halls = append([]hall.HallID{}, a.Halls...)
	}
	return id, nil
}

// denied turns "not there" into ErrDenied and leaves other failures as they are.
func denied(what string, err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrDenied
	}
	return fmt.Errorf("auth: %s: %w", what, err)
}

// digest is how tokens are kept: they are random, so a plain hash suffices and finding one by it leaks nothing.
func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func randomToken() (string, error) {
	b := make([]byte, tokenBytes)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("auth: random: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
