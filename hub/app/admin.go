package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/auth"
	"hallpulse/hub/auth/storekeeper"
	"hallpulse/hub/store"
)

// Admin changes what is in a hub's data folder, whether or not a hub runs on it. A running hub follows: accounts and
// tokens at once, credentials within a few seconds.
type Admin struct {
	store *store.Store
	auth  *auth.Service
}

// OpenAdmin opens the data folder of a configuration, and makes it where there is none.
func OpenAdmin(ctx context.Context, c Config) (*Admin, error) {
	c.fill()
	s, err := store.Open(ctx, c.path(storeFile), store.Options{})
	if err != nil {
		return nil, fmt.Errorf("app: admin: %w", err)
	}
	return &Admin{s, auth.New(auth.Options{Keeper: storekeeper.New(s)})}, nil
}

// Close ends the work on the folder.
func (a *Admin) Close() error { return a.store.Close() }

// Enrol gives a hall a new credential, which is shown this once. The one it had is no longer good.
func (a *Admin) Enrol(ctx context.Context, id hall.HallID) (credential string, err error) {
	return a.store.EnrolGateway(ctx, id)
}

// Revoke takes a hall's credential away.
func (a *Admin) Revoke(ctx context.Context, id hall.HallID) error {
	return a.store.RevokeGateway(ctx, id)
}

// Gateways lists the halls that have a credential.
func (a *Admin) Gateways(ctx context.Context) ([]store.Gateway, error) { return a.store.Gateways(ctx) }

// AddAccount adds an account. There is none before the first is added.
func (a *Admin) AddAccount(ctx context.Context, account auth.Account, password string) error {
	return a.auth.CreateAccount(ctx, account, password)
}

// SetPassword gives an account another password and ends its sessions.
func (a *Admin) SetPassword(ctx context.Context, name, password string) error {
	return a.auth.SetPassword(ctx, name, password)
}

// DisableAccount keeps an account from being used, by sessions and tokens alike, or allows it again.
func (a *Admin) DisableAccount(ctx context.Context, name string, disabled bool) error {
	return a.auth.SetDisabled(ctx, name, disabled)
}

// Accounts lists the accounts, without password hashes.
func (a *Admin) Accounts(ctx context.Context) ([]auth.Account, error) { return a.auth.Accounts(ctx) }

// AddToken makes an API token for an account, which is shown this once. life 0: it never expires.
func (a *Admin) AddToken(ctx context.Context, name, account string, life time.Duration) (token string, err error) {
	return a.auth.CreateToken(ctx, name, account, life)
}

// AddGivenToken makes a token that the caller chose known, for scripts that set up both sides. It has at least
// auth.MinToken characters.
func (a *Admin) AddGivenToken(ctx context.Context, name, account, token string, life time.Duration) error {
	return a.auth.AddGivenToken(ctx, name, account, token, life)
}

// DeleteToken ends a token.
func (a *Admin) DeleteToken(ctx context.Context, name string) error {
	return a.store.DeleteToken(ctx, name)
}

// Tokens lists the tokens, without what they are.
func (a *Admin) Tokens(ctx context.Context) ([]store.Token, error) { return a.store.Tokens(ctx) }

// Backup writes a copy of the store – facts, positions, accounts, incidents – to a new file that only its owner reads. A
// hub may go on writing meanwhile. Readings are not in it: they are in the engine's own folder.
func (a *Admin) Backup(ctx context.Context, path string) error {
	err := a.store.Backup(ctx, path)
	if err == nil {
		err = synced(path)
	}
	if err != nil {
		return fmt.Errorf("app: backup: %w", err)
	}
	return nil
}

// synced puts a file on the disk.
func synced(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
