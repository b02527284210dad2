package auth

import (
	"context"
	"errors"
	"time"

	"hallpulse/hall"
)

// ErrNotFound is what a Keeper gives for a name or hash it does not hold.
var ErrNotFound = errors.New("auth: not found")

// ErrExists is what a Keeper gives when an account or token of that name is there already.
var ErrExists = errors.New("auth: exists already")

// Account is a person who may log in.
type Account struct {
	Name         string // [a-z0-9._-]{2,32}
	Role         Role
	Halls        []hall.HallID // for hall_manager; nobody else
	PasswordHash string        // PHC string; never leaves the hub
	Disabled     bool
	Lang         string // zh or en; empty: the browser's choice
}

// Session is a login of a browser. The token itself is in the browser's cookie alone.
type Session struct {
	TokenHash []byte // SHA-256 of the token
	Account   string
	Expires   time.Time
	CSRF      string // what forms of this session carry
}

// Token lets a program use the API as an account. The token itself is shown once, when it is made.
type Token struct {
	Name    string // what its owner calls it; unique
	Hash    []byte // SHA-256 of the token
	Account string
	Created time.Time
	Expires time.Time // zero: never
}

// Keeper keeps accounts, sessions and tokens. Every "not there" is ErrNotFound (errors.Is).
type Keeper interface {
	Account(ctx context.Context, name string) (Account, error)
	Accounts(ctx context.Context) ([]Account, error) // ordered by name
	AddAccount(ctx context.Context, a Account) error // ErrExists
	UpdateAccount(ctx context.Context, a Account) error

	Session(ctx context.Context, tokenHash []byte) (Session, error)
	PutSession(ctx context.Context, s Session) error                              // insert or replace by TokenHash
	ExtendSession(ctx context.Context, tokenHash []byte, expires time.Time) error // nothing when it is gone
	DeleteSession(ctx context.Context, tokenHash []byte) error
	DeleteSessionsOf(ctx context.Context, account string) error
	DeleteSessionsBefore(ctx context.Context, t time.Time) error // those whose Expires is before t

	Token(ctx context.Context, hash []byte) (Token, error)
	AddToken(ctx context.Context, t Token) error // ErrExists
	DeleteToken(ctx context.Context, name string) error
}
