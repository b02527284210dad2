// Package storekeeper lets the county's store keep accounts, sessions and tokens. It only translates: the store knows
// nothing of roles, and auth nothing of SQL.
package storekeeper

import (
	"context"
	"errors"
	"time"

	"hallpulse/hub/auth"
	"hallpulse/hub/store"
)

// Keeper is an auth.Keeper over a store.
type Keeper struct{ s *store.Store }

var _ auth.Keeper = Keeper{}

// New gives a keeper. The store stays the caller's to close.
func New(s *store.Store) Keeper { return Keeper{s} }

// told gives an error auth's names.
func told(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errors.Join(auth.ErrNotFound, err)
	case errors.Is(err, store.ErrExists):
		return errors.Join(auth.ErrExists, err)
	}
	return err
}

func account(a store.Account) auth.Account {
	return auth.Account{Name: a.Name, Role: auth.Role(a.Role), Halls: a.Halls, PasswordHash: a.Password, Disabled: a.Disabled, Lang: a.Lang}
}

func row(a auth.Account) store.Account {
	return store.Account{Name: a.Name, Role: string(a.Role), Halls: a.Halls, Password: a.PasswordHash, Disabled: a.Disabled, Lang: a.Lang}
}

// Account gives an account by name.
func (k Keeper) Account(ctx context.Context, name string) (auth.Account, error) {
	a, err := k.s.Account(ctx, name)
	return account(a), told(err)
}

// Accounts gives every account by name.
func (k Keeper) Accounts(ctx context.Context) ([]auth.Account, error) {
	rows, err := k.s.Accounts(ctx)
	list := make([]auth.Account, len(rows))
	for i, a := range rows {
		list[i] = account(a)
	}
	return list, told(err)
}

// AddAccount adds an account.
func (k Keeper) AddAccount(ctx context.Context, a auth.Account) error {
	return told(k.s.AddAccount(ctx, row(a)))
}

// UpdateAccount replaces an account.
func (k Keeper) UpdateAccount(ctx context.Context, a auth.Account) error {
	return told(k.s.UpdateAccount(ctx, row(a)))
}

// Session gives a session by its token's hash.
func (k Keeper) Session(ctx context.Context, hash []byte) (auth.Session, error) {
	x, err := k.s.Session(ctx, hash)
	return auth.Session(x), told(err)
}

// PutSession adds or replaces a session.
func (k Keeper) PutSession(ctx context.Context, x auth.Session) error {
	return told(k.s.PutSession(ctx, store.Session(x)))
}

// ExtendSession moves a session's end.
func (k Keeper) ExtendSession(ctx context.Context, hash []byte, expires time.Time) error {
	return told(k.s.ExtendSession(ctx, hash, expires))
}

// DeleteSession ends a session.
func (k Keeper) DeleteSession(ctx context.Context, hash []byte) error {
	return told(k.s.DeleteSession(ctx, hash))
}

// DeleteSessionsOf ends the sessions of an account.
func (k Keeper) DeleteSessionsOf(ctx context.Context, account string) error {
	return told(k.s.DeleteSessionsOf(ctx, account))
}

// DeleteSessionsBefore ends what expired before t.
func (k Keeper) DeleteSessionsBefore(ctx context.Context, t time.Time) error {
	return told(k.s.DeleteSessionsBefore(ctx, t))
}

// Token gives an API token by its hash.
func (k Keeper) Token(ctx context.Context, hash []byte) (auth.Token, error) {
	x, err := k.s.Token(ctx, hash)
	return auth.Token(x), told(err)
}

// AddToken adds a token.
func (k Keeper) AddToken(ctx context.Context, t auth.Token) error {
	return told(k.s.AddToken(ctx, store.Token(t)))
}

// DeleteToken ends a token.
func (k Keeper) DeleteToken(ctx context.Context, name string) error {
	return told(k.s.DeleteToken(ctx, name))
}
