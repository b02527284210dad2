package profile

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// MaxBytes is the longest byte string a profile may give.
const MaxBytes = 16

// byteString is bytes as a profile writes them: hex pairs and text in single quotes, e.g. AA 55 or 'OK' 0D 0A.
type byteString []byte

// errBytes says how bytes are written.
var errBytes = conf.TextError(hall.Text{
	ZH: "请写十六进制字节对，或单引号内的 ASCII 文字，例如 AA 55 或 'OK' 0D 0A，最多 16 字节",
	EN: "write hex pairs, or ASCII text in single quotes, e.g. AA 55 or 'OK' 0D 0A, at most 16 bytes",
})

// UnmarshalText reads the notation.
func (b *byteString) UnmarshalText(text []byte) error {
	out := byteString{}
	for rest := strings.TrimSpace(string(text)); rest != ""; rest = strings.TrimLeft(rest, " ") {
		item, more, err := nextBytes(rest)
		if err != nil || len(out)+len(item) > MaxBytes {
			return errBytes
		}
		out, rest = append(out, item...), more
	}
	if len(out) == 0 {
		return errBytes
	}
	*b = out
	return nil
}

// nextBytes reads one hex pair or one quoted text off the front of s.
func nextBytes(s string) (item []byte, rest string, err error) {
	if quoted, ok := strings.CutPrefix(s, "'"); ok {
		text, rest, closed := strings.Cut(quoted, "'")
		if !closed || text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return nil, "", errBytes
		}
		return []byte(text), rest, nil
	}
	pair, rest, _ := strings.Cut(s, " ")
	item, err = hex.DecodeString(pair)
	if err != nil || len(item) != 1 {
		return nil, "", errBytes
	}
	return item, rest, nil
}

// String writes bytes in hex.
func (b byteString) String() string { return fmt.Sprintf("% X", []byte(b)) }

// written gives bytes in the notation of profiles.
func (b byteString) written() string {
	if bytes.ContainsFunc(b, func(r rune) bool { return r <= ' ' || r > '~' || r == '\'' }) {
		return b.String()
	}
	return "'" + string(b) + "'"
}
