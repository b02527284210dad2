package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// SignatureHeader carries the hex HMAC-SHA256 of the body with the shared secret.
const SignatureHeader = "X-HallPulse-Signature"

// KeyHeader names a message: a receiver that sees one twice may drop the second.
const KeyHeader = "Idempotency-Key"

// maxAnswer is what is read of a receiver's answer.
const maxAnswer = 64 << 10

// ErrPermanent marks an answer that another try cannot change.
var ErrPermanent = errors.New("refused for good")

// errFailed marks a receiver that is there and failed on this message: it must not hold up the others for long.
var errFailed = errors.New("the receiver failed")

func (n *Notifier) post(ctx context.Context, key string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.opts.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: %w: %w", ErrPermanent, bare(err))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(KeyHeader, key)
	if n.opts.Secret != "" {
		req.Header.Set(SignatureHeader, Sign(n.opts.Secret, body))
	}
	res, err := n.opts.Client.Do(req)
	if err != nil {
		return fmt.Errorf("webhook: %w", bare(err))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer))
	_ = res.Body.Close()
	return judge(res)
}

// bare leaves the address out of an error: the keys of chat services are in it, and errors are logged.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// judge says what an answer means.
func judge(res *http.Response) error {
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("webhook: %s", res.Status) // nobody is there who could take it
	}
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode >= 500:
		return fmt.Errorf("webhook: %w: %s", errFailed, res.Status)
	}
	return fmt.Errorf("webhook: %w: %s", ErrPermanent, res.Status)
}

// Sign gives the signature of a body.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
