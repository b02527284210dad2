package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// writer owns the one connection that writes, and the statements prepared on it.
type writer struct {
	db    *sql.DB
	turn  chan struct{} // holds one token: who has it may use what is below
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	quota int64 // bytes of the file; 0: none
	shut  bool
}

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, turn: make(chan struct{}, 1), stmts: map[string]*sql.Stmt{}}
	w.turn <- struct{}{}
	return w
}

// do runs fn with the connection. ctx limits the wait for it alone: a statement that was begun is finished, since
// cancelling one costs more than the longest of them takes.
func (w *writer) do(ctx context.Context, fn func(*sql.Conn) error) error {
	select {
	case <-w.turn:
	case <-ctx.Done():
		return fmt.Errorf("store: waiting to write: %w", ctx.Err())
	}
	defer func() { w.turn <- struct{}{} }()
	if w.shut {
		return ErrClosed
	}
	if w.conn == nil {
		conn, err := w.db.Conn(context.Background())
		if err != nil {
			return wrap("connect", err)
		}
		w.conn = conn
		if err := w.limit(conn); err != nil {
			w.reset()
			return wrap("connect", err)
		}
	}
	return fn(w.conn)
}

// limit tells SQLite the quota, which it keeps by connection.
func (w *writer) limit(c *sql.Conn) error {
	pages := int64(1<<32 - 2) // SQLite's own limit
	if w.quota > 0 {
		pages = max(1, w.quota/pageSize)
	}
	_, err := c.ExecContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	return err
}

// transact runs fn in a transaction: all of it is stored and synced, or nothing.
func (w *writer) transact(ctx context.Context, what string, fn func(*tx) error) error {
	return w.do(ctx, func(c *sql.Conn) error {
		t := &tx{w: w}
		if err := t.exec("BEGIN IMMEDIATE"); err != nil {
			w.reset()
			return wrap(what, err)
		}
		err := fn(t)
		if err == nil {
			err = t.exec("COMMIT")
		}
		if err == nil {
			return nil
		}
		// SQLite has rolled back by itself after some failures. A connection that is not surely clean is replaced.
		if rollback := t.exec("ROLLBACK"); rollback != nil {
			w.reset()
		}
		return wrap(what, err)
	})
}

// reset forgets the connection; the next use opens another.
func (w *writer) reset() {
	for _, s := range w.stmts {
		_ = s.Close()
	}
	clear(w.stmts)
	if w.conn == nil {
		return
	}
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = w.conn.Close()
	w.conn = nil
}

func (w *writer) close() error {
	<-w.turn
	defer func() { w.turn <- struct{}{} }()
	if w.shut {
		return nil
	}
	w.shut = true
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}

// tx is a running transaction.
type tx struct{ w *writer }

// prepared gives the statement of a text that does not change; it is prepared once.
func (t *tx) prepared(text string) (*sql.Stmt, error) {
	if s, ok := t.w.stmts[text]; ok {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	t.w.stmts[text] = s
	return s, nil
}

func (t *tx) exec(text string, args ...any) error {
	_, err := t.affected(text, args...)
	return err
}

// affected runs a statement and gives how many rows it changed.
func (t *tx) affected(text string, args ...any) (int64, error) {
	s, err := t.prepared(text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (t *tx) row(text string, args []any, into ...any) error {
	s, err := t.prepared(text)
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(into...)
}
