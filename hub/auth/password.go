package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of a password's hash (argon2id, RFC 9106 section 4, second recommendation scaled to a small server), and its limits.
const (
	argonTime    = 3
	argonMemory  = 32 * 1024 // KiB
	argonThreads = 1
	saltBytes    = 16
	keyBytes     = 32

	maxArgonMemory = 256 * 1024 // KiB; a stored hash asking for more is refused
	maxArgonTime   = 16
	hashesAtOnce   = 2 // bounds the memory that logins can take

	MinPassword = 10  // characters
	MaxPassword = 200 // bytes
)

// Errors of passwords.
var (
	ErrPasswordShort = fmt.Errorf("auth: a password needs at least %d characters", MinPassword)
	ErrPasswordLong  = fmt.Errorf("auth: a password has at most %d bytes", MaxPassword)
	errHashForm      = errors.New("auth: stored password hash is not argon2id in PHC form")
)

// hasher computes password hashes, a bounded number at once.
type hasher struct{ slots chan struct{} }

func newHasher() *hasher { return &hasher{slots: make(chan struct{}, hashesAtOnce)} }

func (h *hasher) key(ctx context.Context, password string, salt []byte, time, memory uint32, threads uint8, n uint32) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("auth: wait for a hash slot: %w", ctx.Err())
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, time, memory, threads, n), nil
}

// hash gives the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if utf8.RuneCountInString(password) < MinPassword {
		return "", ErrPasswordShort
	}
	if len(password) > MaxPassword {
		return "", ErrPasswordLong
	}
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("auth: salt: %w", err)
	}
	key, err := h.key(ctx, password, salt, argonTime, argonMemory, argonThreads, keyBytes)
	if err != nil {
		return "", err
	}
	return encodeHash(argonTime, argonMemory, argonThreads, salt, key), nil
}

// matches says whether password is the one behind a PHC string, in constant time.
func (h *hasher) matches(ctx context.Context, phc, password string) (bool, error) {
	p, err := parseHash(phc)
	if err != nil {
		return false, err
	}
	if len(password) > MaxPassword {
		return false, nil
	}
	key, err := h.key(ctx, password, p.salt, p.time, p.memory, p.threads, uint32(len(p.key)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

type hashParts struct {
	time, memory uint32
	threads      uint8
	salt, key    []byte
}

func encodeHash(time, memory uint32, threads uint8, salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, time, threads, b64(salt), b64(key))
}

// parseHash reads "$argon2id$v=19$m=..,t=..,p=..$salt$key".
func parseHash(phc string) (hashParts, error) {
	var p hashParts
	f := strings.Split(phc, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != "v="+strconv.Itoa(argon2.Version) {
		return p, errHashForm
	}
	if n, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil || n != 3 {
		return p, errHashForm
	}
	if p.memory == 0 || p.memory > maxArgonMemory || p.time == 0 || p.time > maxArgonTime || p.threads == 0 {
		return p, errHashForm
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.DecodeString(f[4])
	p.key, err2 = base64.RawStdEncoding.DecodeString(f[5])
	if err1 != nil || err2 != nil || len(p.salt) < 8 || len(p.key) < 16 || len(p.key) > 64 {
		return p, errHashForm
	}
	return p, nil
}
