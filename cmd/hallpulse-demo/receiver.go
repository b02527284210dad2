package main

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"hallpulse/hub/notify/webhook"
)

// receiver stands for the county's chat or duty system: it takes the hub's posts, checks their signature, keeps them in a
// file and says them aloud.
type receiver struct {
	secret string
	out    io.Writer
	ln     net.Listener
	srv    *http.Server
	done   chan error
	mu     sync.Mutex
	file   *os.File
}

func newReceiver(path, secret string, out io.Writer) (*receiver, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r := &receiver{secret: secret, out: out, ln: ln, file: f, done: make(chan error, 1)}
	r.srv = &http.Server{Handler: r, ReadTimeout: 10 * time.Second}
	go func() { r.done <- r.srv.Serve(ln) }()
	return r, nil
}

// URL is where the hub posts.
func (r *receiver) URL() string { return "http://" + r.ln.Addr().String() + "/alerts" }

// ServeHTTP takes one post.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil || !hmac.Equal([]byte(webhook.Sign(r.secret, body)), []byte(req.Header.Get(webhook.SignatureHeader))) {
		http.Error(w, "unreadable or not signed", http.StatusForbidden)
		return
	}
	var m webhook.Message
	if err := json.Unmarshal(body, &m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.file.Write(append(body, '\n')); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprintf(r.out, "%s  webhook %-12s %s\n", time.Now().Format(time.TimeOnly), m.Event, m.Text.ZH)
	w.WriteHeader(http.StatusNoContent)
}

// Close ends the server.
func (r *receiver) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := r.srv.Shutdown(ctx)
	if served := <-r.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, r.file.Close())
}
