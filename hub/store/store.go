// Package store keeps what must outlive the hub's program: facts and what they were taken to mean, the position of every
// hall's journal, descriptions of halls, credentials, accounts and incidents. It is SQLite in one file, and the only place
// that knows SQL. What a call stored when it returned nil survives a power cut: the write-ahead log is synced by every
// transaction. There is one writer; readers never wait for it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers tell apart, with errors.Is.
var (
	ErrFull     = errors.New("store: no room, or the disk refuses") // nothing of the call was stored; try again later
	ErrNewer    = errors.New("store: the file was written by a newer version of the program")
	ErrNotFound = errors.New("store: not found")
	ErrExists   = errors.New("store: exists already")
	ErrCursor   = errors.New("store: not a cursor of this query")
	ErrClosed   = errors.New("store: closed")
)

const (
	readers      = 4         // connections for queries
	readCacheKiB = 8 << 10   // page cache of each
	cacheKiB     = 64 << 10  // page cache of the writer
	pageSize     = 8 << 10   // bytes
	checkpoint   = 4000      // pages in the write-ahead log before they are moved to the file
	walLimit     = 128 << 20 // bytes the write-ahead log is cut to after a checkpoint
	busyMillis   = 10_000    // to wait for another program, such as a backup
)

// Options of a store. The zero value serves.
type Options struct {
	Logger *slog.Logger     // nil: none
	Now    func() time.Time // nil: time.Now
}

// Store is an open store. Its methods may be called from any goroutine.
type Store struct {
	log   *slog.Logger
	now   func() time.Time
	write *writer
	read  *sql.DB

	mu      sync.RWMutex
	sources map[sourceKey]int64
	byID    map[int64]sourceKey
	order   map[string][]int64 // hall: ids, ascending
}

// Open opens the store in the file at path, makes it when it is not there, and brings its tables up to date. It fails
// with ErrNewer when a later version of the program wrote it.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := touch(path); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	wdb, err := sql.Open("sqlite", dsn(path, cacheKiB, "journal_mode(WAL)", "synchronous(FULL)",
		fmt.Sprintf("wal_autocheckpoint(%d)", checkpoint), fmt.Sprintf("journal_size_limit(%d)", walLimit)))
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	wdb.SetMaxOpenConns(1)
	s := &Store{log: o.Logger, now: o.Now, write: newWriter(wdb)}
	if err := s.begin(ctx, path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin migrates, opens the readers and loads what is kept in memory.
func (s *Store) begin(ctx context.Context, path string) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	rdb, err := sql.Open("sqlite", dsn(path, readCacheKiB, "query_only(1)"))
	if err != nil {
		return fmt.Errorf("store: open: %w", err)
	}
	rdb.SetMaxOpenConns(readers)
	rdb.SetMaxIdleConns(readers)
	s.read = rdb
	return s.loadSources(ctx)
}

// touch makes the file for its owner alone: it holds hashes of passwords.
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path string, cache int, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyMillis))
	q.Add("_pragma", fmt.Sprintf("page_size(%d)", pageSize))
	q.Add("_pragma", fmt.Sprintf("cache_size(-%d)", cache))
	q.Add("_pragma", "temp_store(MEMORY)")
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Close ends every connection. What was stored stays stored.
func (s *Store) Close() error {
	err := s.write.close()
	if s.read != nil {
		err = errors.Join(err, s.read.Close())
	}
	if err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// SetQuota limits the file to this many bytes; 0: as far as the disk goes. Writes beyond it fail with ErrFull.
func (s *Store) SetQuota(ctx context.Context, bytes int64) error {
	return s.write.do(ctx, func(c *sql.Conn) error {
		s.write.quota = max(bytes, 0)
		return wrap("quota", s.write.limit(c))
	})
}

// Backup writes a copy of the whole store, as it is at one instant, to a new file that only its owner reads. Writing goes
// on meanwhile.
func (s *Store) Backup(ctx context.Context, path string) error {
	c, err := s.read.Conn(ctx)
	if err != nil {
		return wrap("backup", err)
	}
	defer func() { _ = c.Close() }()
	// The file is there, empty, before SQLite writes to it: it holds hashes of passwords from its first page on.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return wrap("backup", err)
	}
	if err := vacuumInto(ctx, c, path); err != nil {
		return wrap("backup", errors.Join(err, os.Remove(path)))
	}
	return nil
}

func vacuumInto(ctx context.Context, c *sql.Conn, path string) error {
	if _, err := c.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, "VACUUM INTO ?", path)
	_, off := c.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only = 1")
	return errors.Join(err, off)
}

// wrap names what failed, and turns SQLite's codes into errors that callers know.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			return fmt.Errorf("store: %s: %w (%w)", what, ErrFull, err)
		}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("store: %s: %w", what, ErrNotFound)
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

func isConflict(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
