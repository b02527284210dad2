package localbroker

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
)

// NewPassword makes a password for a program inside the gateway, new at every start.
func NewPassword() (string, error) {
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("localbroker: password: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
