package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/wire"
)

// HallRow is what is kept of a hall that was heard.
type HallRow struct {
	Desc    hall.Hall
	Epoch   uint64 // of the journal in use
	Version string // of the gateway's program
	Updated time.Time
}

// SaveHall keeps a hall's description and makes its epoch the journal in use.
func (s *Store) SaveHall(ctx context.Context, h HallRow) error {
	desc, err := json.Marshal(h.Desc)
	if err != nil {
		return fmt.Errorf("store: save hall: %w", err)
	}
	r := resolver{s: s}
	err = s.write.transact(ctx, "save hall", func(t *tx) error {
		r.t, r.fresh = t, nil
		src, err := r.source(h.Desc.ID, h.Epoch)
		if err != nil {
			return err
		}
		now := micros(s.now())
		err = t.exec(`INSERT INTO halls (hall, desc, source, version, updated) VALUES (?,?,?,?,?) ON CONFLICT (hall) DO UPDATE
			SET desc = excluded.desc, source = excluded.source, version = excluded.version, updated = excluded.updated`,
			string(h.Desc.ID), string(desc), src, h.Version, now)
		if err != nil {
			return err
		}
		return t.exec("UPDATE gateways SET last_seen = ? WHERE hall = ?", now, string(h.Desc.ID))
	})
	if err == nil {
		s.committed(r.fresh)
	}
	return err
}

// Halls gives every hall that was heard, ordered by id.
func (s *Store) Halls(ctx context.Context) ([]HallRow, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT h.desc, s.epoch, h.version, h.updated FROM halls h
		JOIN sources s ON s.id = h.source ORDER BY h.hall`)
	if err != nil {
		return nil, wrap("halls", err)
	}
	defer func() { _ = rows.Close() }()
	var list []HallRow
	for rows.Next() {
		var h HallRow
		var desc []byte
		var epoch, updated int64
		if err := rows.Scan(&desc, &epoch, &h.Version, &updated); err != nil {
			return nil, wrap("halls", err)
		}
		if err := json.Unmarshal(desc, &h.Desc); err != nil {
			return nil, wrap("halls", err)
		}
		h.Epoch, h.Updated = uint64(epoch), fromMicros(updated)
		list = append(list, h)
	}
	return list, wrap("halls", rows.Err())
}

// Gateway is a hall's permission to connect. The credential itself is kept nowhere.
type Gateway struct {
	Hall     hall.HallID
	Created  time.Time
	LastSeen time.Time // last birth; zero: never
}

const credentialBytes = 32

// EnrolGateway gives a hall a new credential, which is shown once. One that it had is no longer good.
func (s *Store) EnrolGateway(ctx context.Context, id hall.HallID) (string, error) {
	if !wire.ValidHallID(id) {
		return "", fmt.Errorf("store: enrol: a hall id is 1 to %d of a-z 0-9 -", wire.MaxHallID)
	}
	secret := make([]byte, credentialBytes)
	if _, err := rand.Read(secret); err != nil {
		return "", fmt.Errorf("store: enrol: %w", err)
	}
	credential := base64.RawURLEncoding.EncodeToString(secret)
	sum := sha256.Sum256([]byte(credential))
	err := s.write.transact(ctx, "enrol", func(t *tx) error {
		return t.exec(`INSERT INTO gateways (hall, hash, created, last_seen) VALUES (?,?,?,0)
			ON CONFLICT (hall) DO UPDATE SET hash = excluded.hash, created = excluded.created`,
			string(id), sum[:], micros(s.now()))
	})
	if err != nil {
		return "", err
	}
	return credential, nil
}

// CheckGateway says whether a credential is the hall's. An unknown hall is no error.
func (s *Store) CheckGateway(ctx context.Context, id hall.HallID, credential string) (bool, error) {
	var want []byte
	err := s.read.QueryRowContext(ctx, "SELECT hash FROM gateways WHERE hall = ?", string(id)).Scan(&want)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, wrap("check gateway", err)
	}
	got := sha256.Sum256([]byte(credential))
	return subtle.ConstantTimeCompare(got[:], want) == 1, nil
}

// RevokeGateway takes a hall's credential away. ErrNotFound when it has none.
func (s *Store) RevokeGateway(ctx context.Context, id hall.HallID) error {
	return s.one(ctx, "revoke gateway", "DELETE FROM gateways WHERE hall = ?", string(id))
}

// Gateways gives every hall with a credential, ordered by id.
func (s *Store) Gateways(ctx context.Context) ([]Gateway, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT hall, created, last_seen FROM gateways ORDER BY hall")
	if err != nil {
		return nil, wrap("gateways", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Gateway
	for rows.Next() {
		var g Gateway
		var created, seen int64
		if err := rows.Scan(&g.Hall, &created, &seen); err != nil {
			return nil, wrap("gateways", err)
		}
		g.Created, g.LastSeen = fromMicros(created), fromMicros(seen)
		list = append(list, g)
	}
	return list, wrap("gateways", rows.Err())
}

// one runs a statement that must change a row.
func (s *Store) one(ctx context.Context, what, text string, args ...any) error {
	return s.write.transact(ctx, what, func(t *tx) error {
		n, err := t.affected(text, args...)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}
