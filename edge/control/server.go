package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"hallpulse/hall"
)

// Terminals tells how every attendance terminal is.
type Terminals interface{ Terminals() []Terminal }

// Orderer tells a terminal to do something: it gives the terminal's state with the order in it.
type Orderer interface {
	Order(serial, kind, from, to string) (Terminal, error)
}

// Acknowledger ends the alarm that a terminal's case was opened.
type Acknowledger interface{ Acknowledge(serial string) error }

// Relays tells how every relay is.
type Relays interface{ Relays() []Relay }

// Switcher switches a relay and returns when what is read back is as wanted.
type Switcher interface {
	Switch(ctx context.Context, device hall.DeviceID, on bool) error
}

// Options of a server. All are required but Logger. Errors of type Problem are told as they are, others as CodeFailed.
type Options struct {
	Path         string // of the socket
	Terminals    Terminals
	Orderer      Orderer
	Acknowledger Acknowledger
	Relays       Relays
	Switcher     Switcher
	Now          func() time.Time // the hall's clock
	Logger       *slog.Logger     // nil: discard
}

// Server answers on the socket.
type Server struct {
	o     Options
	read  time.Duration
	mayBe func(uid uint32) bool // who may call
}

// New prepares a server; it opens nothing.
func New(o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	own := uint32(os.Geteuid())
	return &Server{o: o, read: readTime, mayBe: func(uid uint32) bool { return uid == 0 || uid == own }}
}

// Run serves until ctx ends (nil) or the socket fails; it can be called again. It leaves no goroutine, no connection and no
// socket behind. The error is ErrInUse while another gateway lives.
func (s *Server) Run(ctx context.Context) (err error) {
	sock, err := listen(ctx, s.o.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sock.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	var callers sync.WaitGroup
	defer callers.Wait()
	defer cancel()
	defer closedBy(ctx, sock.UnixListener)()
	slots := make(chan struct{}, maxCallers)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := sock.AcceptUnix()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close() // nothing was said
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("control: %w", err)
		}
		callers.Go(func() {
			defer func() { <-slots }()
			s.serve(ctx, conn)
		})
	}
}

// closedBy closes c when ctx ends; the returned function ends that, and waits for a close under way.
func closedBy(ctx context.Context, c io.Closer) (end func()) {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(closed); _ = c.Close() })
	return func() {
		if !stop() {
			<-closed
		}
	}
}

// serve answers one caller.
func (s *Server) serve(ctx context.Context, conn *net.UnixConn) {
	defer func() { _ = conn.Close() }() // the caller has its answer, or is gone
	defer closedBy(ctx, conn)()
	who, err := peer(conn)
	if err != nil {
		s.o.Logger.Warn("control: a caller is not known", "err", err)
		return
	}
	a := Answer{Problem: problem(CodeDenied, "只有网关的用户和 root 可以操作", "only the gateway's user and root may do this")}
	if s.mayBe(who.Uid) {
		line, err := s.readLine(conn)
		if err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) {
			return // it only looked whether somebody lives here, or did not come to an end
		}
		a = s.answer(ctx, line, who)
	} else {
		s.o.Logger.Warn("control: denied", "uid", who.Uid, "pid", who.Pid)
	}
	if err := conn.SetWriteDeadline(time.Now().Add(writeTime)); err == nil {
		_, err = conn.Write(encode(a))
		if err != nil {
			s.o.Logger.Debug("control: a caller did not take its answer", "err", err)
		}
	}
}

// peer gives who is at the other end, as the kernel knows it.
func peer(conn *net.UnixConn) (who *syscall.Ucred, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var mine error
	err = raw.Control(func(fd uintptr) {
		who, mine = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	return who, errors.Join(err, mine)
}

// readLine reads a request, at most one byte more than it may have.
func (s *Server) readLine(conn net.Conn) ([]byte, error) {
	if err := conn.SetReadDeadline(time.Now().Add(s.read)); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(io.LimitReader(conn, MaxRequest+1), MaxRequest+1)
	return r.ReadBytes('\n')
}

// encode writes an answer as a line.
func encode(a Answer) []byte {
	line, err := json.Marshal(a)
	if err != nil || len(line) >= MaxAnswer {
		line, _ = json.Marshal(Answer{Problem: problem(CodeTooLarge, "回答太长", "the answer is too long")}) // it has texts alone
	}
	return append(line, '\n')
}

func problem(code, zh, en string) *Problem {
	return &Problem{Code: code, Message: hall.Text{ZH: zh, EN: en}}
}
