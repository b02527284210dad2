// Package authtest holds a keeper in memory for tests, and the conformance suite that every keeper passes.
package authtest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"hallpulse/hub/auth"
)

// Memory is an auth.Keeper that forgets when the program ends.
type Memory struct {
	mu       sync.Mutex
	accounts map[string]auth.Account
	sessions map[string]auth.Session
	tokens   map[string]auth.Token // by name
}

var _ auth.Keeper = (*Memory)(nil)

// NewMemory gives an empty keeper.
func NewMemory() *Memory {
	return &Memory{accounts: map[string]auth.Account{}, sessions: map[string]auth.Session{}, tokens: map[string]auth.Token{}}
}

// Account gives an account by name.
func (m *Memory) Account(_ context.Context, name string) (auth.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.accounts[name]
	if !ok {
		return auth.Account{}, auth.ErrNotFound
	}
	return a, nil
}

// Accounts lists accounts by name.
func (m *Memory) Accounts(context.Context) ([]auth.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []auth.Account
	for _, a := range m.accounts {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b auth.Account) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// AddAccount adds an account that is not there yet.
func (m *Memory) AddAccount(_ context.Context, a auth.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.accounts[a.Name]; there {
		return auth.ErrExists
	}
	m.accounts[a.Name] = a
	return nil
}

// UpdateAccount replaces an account that is there.
func (m *Memory) UpdateAccount(_ context.Context, a auth.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.accounts[a.Name]; !there {
		return auth.ErrNotFound
	}
	m.accounts[a.Name] = a
	return nil
}

// Session gives a session by its token's hash.
func (m *Memory) Session(_ context.Context, hash []byte) (auth.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[string(hash)]
	if !ok {
		return auth.Session{}, auth.ErrNotFound
	}
	return s, nil
}

// PutSession inserts or replaces a session.
func (m *Memory) PutSession(_ context.Context, s auth.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[string(s.TokenHash)] = s
	return nil
}

// ExtendSession moves a session's end, where the session is still there.
func (m *Memory) ExtendSession(_ context.Context, hash []byte, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.sessions[string(hash)]; ok {
		s.Expires = expires
		m.sessions[string(hash)] = s
	}
	return nil
}

// DeleteSession ends a session.
func (m *Memory) DeleteSession(_ context.Context, hash []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, string(hash))
	return nil
}

// DeleteSessionsOf ends every session of an account.
func (m *Memory) DeleteSessionsOf(_ context.Context, account string) error {
	m.deleteSessions(func(s auth.Session) bool { return s.Account == account })
	return nil
}

// DeleteSessionsBefore ends every session that expired before t.
func (m *Memory) DeleteSessionsBefore(_ context.Context, t time.Time) error {
	m.deleteSessions(func(s auth.Session) bool { return s.Expires.Before(t) })
	return nil
}

func (m *Memory) deleteSessions(which func(auth.Session) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, s := range m.sessions {
		if which(s) {
			delete(m.sessions, k)
		}
	}
}

// Token gives an API token by its hash.
func (m *Memory) Token(_ context.Context, hash []byte) (auth.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.tokens {
		if string(t.Hash) == string(hash) {
			return t, nil
		}
	}
	return auth.Token{}, auth.ErrNotFound
}

// AddToken adds a token under a name that is free.
func (m *Memory) AddToken(_ context.Context, t auth.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.tokens[t.Name]; there {
		return auth.ErrExists
	}
	m.tokens[t.Name] = t
	return nil
}

// DeleteToken ends a token.
func (m *Memory) DeleteToken(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tokens, name)
	return nil
}
