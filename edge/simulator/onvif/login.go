package onvif

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	realm     = "ONVIF"
	maxNonces = 256
	tokenAge  = 5 * time.Minute // a token further from the camera's clock is refused
)

// allowed checks the login of a question and otherwise refuses it.
func (c *Camera) allowed(w http.ResponseWriter, r *http.Request, q *request) bool {
	if c.o.Username == "" {
		return true
	}
	now := c.clock()
	c.mu.Lock()
	good := !c.faults.RefuseLogins
	if c.o.Login != Digest {
		good = good && c.hasToken(q, now)
	}
	given, proof := strings.CutPrefix(r.Header.Get("Authorization"), "Digest ")
	if c.o.Login != Token {
		good = good && proof && c.proves(r.Method, fields(given))
	}
	if good {
		c.mu.Unlock()
		return true
	}
	if proof || c.o.Login == Token {
		c.stats.Logins++
	}
	nonce := rand.Text()
	if len(c.nonces) >= maxNonces {
		clear(c.nonces)
	}
	c.nonces[nonce] = true
	c.wake()
	c.mu.Unlock()
	if c.o.Login == Token {
		fail(w, http.StatusBadRequest, "NotAuthorized", "Sender not Authorized")
		return false
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest realm=%q, qop="auth", nonce=%q`, realm, nonce))
	fail(w, http.StatusUnauthorized, "NotAuthorized", "Sender not Authorized")
	return false
}

// hasToken checks the username token against the camera's clock; the lock is held.
func (c *Camera) hasToken(q *request, now time.Time) bool {
	t := q.Header.Token
	nonce, err := base64.StdEncoding.DecodeString(t.Nonce)
	made, bad := time.Parse(time.RFC3339, t.Created)
	if err != nil || bad != nil || t.Username != c.o.Username || now.Sub(made).Abs() > tokenAge {
		return false
	}
	sum := sha1.Sum([]byte(string(nonce) + t.Created + c.o.Password)) // as the protocol has it
	return subtle.ConstantTimeCompare([]byte(base64.StdEncoding.EncodeToString(sum[:])), []byte(t.Password)) == 1
}

// proves checks a digest (RFC 2617, MD5, qop auth); the lock is held.
func (c *Camera) proves(method string, f map[string]string) bool {
	if f["username"] != c.o.Username || !c.nonces[f["nonce"]] {
		return false
	}
	secret := hash(c.o.Username + ":" + realm + ":" + c.o.Password)
	want := hash(strings.Join([]string{secret, f["nonce"], f["nc"], f["cnonce"], f["qop"], hash(method + ":" + f["uri"])}, ":"))
	return subtle.ConstantTimeCompare([]byte(want), []byte(f["response"])) == 1
}

func hash(s string) string {
	sum := md5.Sum([]byte(s)) // as the protocol has it
	return hex.EncodeToString(sum[:])
}

// fields reads the parameters of an Authorization header.
func fields(s string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		if k, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			out[k] = strings.Trim(v, `"`)
		}
	}
	return out
}
