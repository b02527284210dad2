package hikvision

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

const (
	realm     = "IP Camera"
	maxNonces = 256
)

// allowed checks a login by Digest (RFC 2617, MD5, qop auth) and otherwise asks for one.
func (d *Device) allowed(w http.ResponseWriter, r *http.Request) bool {
	if d.o.Username == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Digest ")
	d.mu.Lock()
	defer d.mu.Unlock()
	if ok {
		if d.proves(r.Method, fields(given)) {
			return true
		}
		d.stats.Logins++
	}
	if len(d.nonces) >= maxNonces {
		clear(d.nonces)
	}
	nonce := rand.Text()
	d.nonces[nonce] = true
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest realm=%q, qop="auth", nonce=%q, stale="FALSE"`, realm, nonce))
	d.xmlStatus(w, http.StatusUnauthorized)
	return false
}

func (d *Device) xmlStatus(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(`<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>`)) // nobody need read it
}

// proves checks a digest; the caller holds the lock.
func (d *Device) proves(method string, f map[string]string) bool {
	if d.faults.RefuseLogins || f["username"] != d.o.Username || !d.nonces[f["nonce"]] {
		return false
	}
	secret := hash(d.o.Username + ":" + realm + ":" + d.o.Password)
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
