package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"time"
)

// Client asks a gateway on this machine.
type Client struct{ path string }

// NewClient gives the client of the gateway with its data in dir; it opens nothing.
func NewClient(dir string) *Client { return &Client{path: filepath.Join(dir, SocketFile)} }

// Do sends a request and gives its answer, within 20 s. The error is ErrNoGateway, ErrDenied, ErrNoAnswer, or the gateway's
// Problem.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return Answer{}, fmt.Errorf("control: %w", err)
	}
	if len(c.path) > maxPath {
		return Answer{}, fmt.Errorf("%w: %s", errPath, c.path)
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", c.path)
	if err != nil {
		return Answer{}, dialError(err)
	}
	defer func() { _ = conn.Close() }() // all was said
	defer closedBy(ctx, conn)()
	text, err := exchange(conn, append(line, '\n'))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrNoAnswer, errors.Join(err, ctx.Err()))
	}
	a, err := decodeAnswer(text)
	if err == nil && a.Problem != nil {
		err = a.Problem
	}
	return a, err
}

// dialError names why nobody answers.
func dialError(err error) error {
	switch {
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: %w", ErrNoGateway, err)
	}
	return fmt.Errorf("control: %w", err)
}

// exchange writes a request and reads a whole line.
func exchange(conn net.Conn, line []byte) ([]byte, error) {
	if err := conn.SetDeadline(time.Now().Add(askTime)); err != nil {
		return nil, err
	}
	_, wrote := conn.Write(line) // a gateway that denies answers and closes without reading: its answer is there nevertheless
	text, err := io.ReadAll(io.LimitReader(conn, MaxAnswer+1))
	switch {
	case bytes.HasSuffix(text, []byte{'\n'}) && len(text) <= MaxAnswer:
		return text, nil
	case err == nil:
		err = io.ErrUnexpectedEOF
	}
	return nil, errors.Join(wrote, err)
}
