package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migration brings the tables from version Number-1 to Number.
type migration struct {
	number int
	text   string
}

// readMigrations gives the migrations of a file system in order: 0001_word.sql, 0002_word.sql …
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var list []migration
	for i, name := range names { // Glob sorts
		word, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		n, err := strconv.Atoi(word)
		if err != nil || n != i+1 {
			return nil, fmt.Errorf("store: migration %s is not number %d", name, i+1)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		list = append(list, migration{n, string(text)})
	}
	return list, nil
}

func (s *Store) migrate(ctx context.Context) error {
	list, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	return s.apply(ctx, list)
}

// apply runs the migrations that the file has not seen, each in a transaction with its number.
func (s *Store) apply(ctx context.Context, list []migration) error {
	return s.write.transact(ctx, "migrate", func(t *tx) error {
		var have int
		if err := t.row("PRAGMA user_version", nil, &have); err != nil {
			return err
		}
		if have > len(list) {
			return fmt.Errorf("%w: it is at version %d, the program at %d", ErrNewer, have, len(list))
		}
		for _, m := range list[have:] {
			if _, err := t.w.conn.ExecContext(context.Background(), m.text); err != nil {
				return fmt.Errorf("migration %d: %w", m.number, err)
			}
			if _, err := t.w.conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA user_version = %d", m.number)); err != nil {
				return err
			}
			s.log.Info("store: migrated", "version", m.number)
		}
		return nil
	})
}
