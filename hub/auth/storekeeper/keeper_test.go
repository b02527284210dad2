package storekeeper_test

import (
	"path/filepath"
	"testing"

	"hallpulse/hub/auth"
	"hallpulse/hub/auth/authtest"
	"hallpulse/hub/auth/storekeeper"
	"hallpulse/hub/store"
)

func TestStoreIsAKeeper(t *testing.T) {
	authtest.TestKeeper(t, func(t *testing.T) auth.Keeper {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "county.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return storekeeper.New(s)
	})
}
