package store

import (
	"context"
	"encoding/json"
	"time"

	"hallpulse/hall"
)

// Account is a person who may log in. Password is a hash; it never leaves the hub.
type Account struct {
	Name     string
	Role     string
	Halls    []hall.HallID
	Password string
	Disabled bool
	Lang     string
}

// Session is a login of a browser, by the SHA-256 of its token.
type Session struct {
	TokenHash []byte
	Account   string
	Expires   time.Time
	CSRF      string
}

// Token lets a program use the API as an account, by the SHA-256 of the token.
type Token struct {
	Name    string
	Hash    []byte
	Account string
	Created time.Time
	Expires time.Time // zero: never
}

const accountColumns = "SELECT name, role, halls, password, disabled, lang FROM accounts "

func scanAccount(scan func(...any) error) (Account, error) {
	var a Account
	var halls []byte
	if err := scan(&a.Name, &a.Role, &halls, &a.Password, &a.Disabled, &a.Lang); err != nil {
		return Account{}, err
	}
	return a, json.Unmarshal(halls, &a.Halls)
}

// Account gives an account; ErrNotFound.
func (s *Store) Account(ctx context.Context, name string) (Account, error) {
	a, err := scanAccount(s.read.QueryRowContext(ctx, accountColumns+"WHERE name = ?", name).Scan)
	return a, wrap("account", err)
}

// Accounts gives every account, ordered by name.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	rows, err := s.read.QueryContext(ctx, accountColumns+"ORDER BY name")
	if err != nil {
		return nil, wrap("accounts", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Account
	for rows.Next() {
		a, err := scanAccount(rows.Scan)
		if err != nil {
			return nil, wrap("accounts", err)
		}
		list = append(list, a)
	}
	return list, wrap("accounts", rows.Err())
}

// AddAccount adds an account; ErrExists when there is one of that name.
func (s *Store) AddAccount(ctx context.Context, a Account) error {
	halls, err := json.Marshal(a.Halls)
	if err != nil {
		return wrap("add account", err)
	}
	return s.add(ctx, "add account", "INSERT INTO accounts (name, role, halls, password, disabled, lang) VALUES (?,?,?,?,?,?)",
		a.Name, a.Role, string(halls), a.Password, a.Disabled, a.Lang)
}

// UpdateAccount replaces everything of an account but its name; ErrNotFound.
func (s *Store) UpdateAccount(ctx context.Context, a Account) error {
	halls, err := json.Marshal(a.Halls)
	if err != nil {
		return wrap("update account", err)
	}
	return s.one(ctx, "update account", "UPDATE accounts SET role = ?, halls = ?, password = ?, disabled = ?, lang = ? WHERE name = ?",
		a.Role, string(halls), a.Password, a.Disabled, a.Lang, a.Name)
}

// add runs an insertion and tells a row that is there already as ErrExists.
func (s *Store) add(ctx context.Context, what, text string, args ...any) error {
	return s.write.transact(ctx, what, func(t *tx) error {
		err := t.exec(text, args...)
		if isConflict(err) {
			return ErrExists
		}
		return err
	})
}

// Session gives a session; ErrNotFound. Whether it has expired is the caller's to see.
func (s *Store) Session(ctx context.Context, tokenHash []byte) (Session, error) {
	x := Session{TokenHash: tokenHash}
	var expires int64
	err := s.read.QueryRowContext(ctx, "SELECT account, csrf, expires FROM sessions WHERE hash = ?", tokenHash).
		Scan(&x.Account, &x.CSRF, &expires)
	x.Expires = fromMicros(expires)
	return x, wrap("session", err)
}

// PutSession adds a session or replaces the one of the same token.
func (s *Store) PutSession(ctx context.Context, x Session) error {
	return s.run(ctx, "put session", "INSERT OR REPLACE INTO sessions (hash, account, csrf, expires) VALUES (?,?,?,?)",
		x.TokenHash, x.Account, x.CSRF, micros(x.Expires))
}

// ExtendSession gives a session another end; nothing happens when it is gone.
func (s *Store) ExtendSession(ctx context.Context, tokenHash []byte, expires time.Time) error {
	return s.run(ctx, "extend session", "UPDATE sessions SET expires = ? WHERE hash = ?", micros(expires), tokenHash)
}

// DeleteSession ends a session; nothing happens when it is gone.
func (s *Store) DeleteSession(ctx context.Context, tokenHash []byte) error {
	return s.run(ctx, "delete session", "DELETE FROM sessions WHERE hash = ?", tokenHash)
}

// DeleteSessionsOf ends every session of an account.
func (s *Store) DeleteSessionsOf(ctx context.Context, account string) error {
	return s.run(ctx, "delete sessions", "DELETE FROM sessions WHERE account = ?", account)
}

// DeleteSessionsBefore ends the sessions whose Expires is before t.
func (s *Store) DeleteSessionsBefore(ctx context.Context, t time.Time) error {
	return s.run(ctx, "delete sessions", "DELETE FROM sessions WHERE expires < ?", micros(t))
}

func (s *Store) run(ctx context.Context, what, text string, args ...any) error {
	return s.write.transact(ctx, what, func(t *tx) error { return t.exec(text, args...) })
}

// Token gives an API token by its hash; ErrNotFound.
func (s *Store) Token(ctx context.Context, hash []byte) (Token, error) {
	x := Token{Hash: hash}
	var created, expires int64
	err := s.read.QueryRowContext(ctx, "SELECT name, account, created, expires FROM tokens WHERE hash = ?", hash).
		Scan(&x.Name, &x.Account, &created, &expires)
	x.Created, x.Expires = fromMicros(created), fromMicros(expires)
	return x, wrap("token", err)
}

// Tokens gives every API token, ordered by name, without its hash.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT name, account, created, expires FROM tokens ORDER BY name")
	if err != nil {
		return nil, wrap("tokens", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Token
	for rows.Next() {
		var x Token
		var created, expires int64
		if err := rows.Scan(&x.Name, &x.Account, &created, &expires); err != nil {
			return nil, wrap("tokens", err)
		}
		x.Created, x.Expires = fromMicros(created), fromMicros(expires)
		list = append(list, x)
	}
	return list, wrap("tokens", rows.Err())
}

// AddToken adds an API token; ErrExists when there is one of that name.
func (s *Store) AddToken(ctx context.Context, x Token) error {
	return s.add(ctx, "add token", "INSERT INTO tokens (name, hash, account, created, expires) VALUES (?,?,?,?,?)",
		x.Name, x.Hash, x.Account, micros(x.Created), micros(x.Expires))
}

// DeleteToken takes an API token away; ErrNotFound.
func (s *Store) DeleteToken(ctx context.Context, name string) error {
	return s.one(ctx, "delete token", "DELETE FROM tokens WHERE name = ?", name)
}
