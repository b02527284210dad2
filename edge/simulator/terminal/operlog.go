package terminal

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Types of operations, and reasons of alarms, of the audit log.
const (
	opAlarm        = 3
	alarmOpened    = 55
	alarmCancelled = 65535
)

// wall is the terminal's clock as it writes it; the caller holds the lock.
func (t *Terminal) wall() string {
	now := t.o.Now()
	if t.faults.ClockReset {
		now = time.Date(2000, 1, 1, 0, 0, 0, 0, t.o.Location).Add(now.Sub(t.born))
	}
	return now.Add(t.faults.ClockOff).In(t.o.Location).Format("2006-01-02 15:04:05")
}

// Operate writes an operation into the audit log and sends it.
func (t *Terminal) Operate(op int, objects ...string) {
	t.mu.Lock()
	t.write(op, t.wall(), objects)
	t.mu.Unlock()
	t.nudge()
}

// OperateAt is Operate with a time of the past, as it is written.
func (t *Terminal) OperateAt(wall string, op int, objects ...string) {
	t.mu.Lock()
	t.write(op, wall, objects)
	t.mu.Unlock()
	t.nudge()
}

// write writes a line of four objects.
func (t *Terminal) write(op int, wall string, objects []string) {
	four := []string{"0", "0", "0", "0"}
	copy(four, objects)
	t.opers = append(t.opers, fmt.Sprintf("OPLOG %d\t0\t%s\t%s", op, wall, strings.Join(four, "\t")))
}

// Tamper opens the terminal's case, or cancels the alarm.
func (t *Terminal) Tamper(open bool) {
	reason := alarmCancelled
	if open {
		reason = alarmOpened
	}
	t.Operate(opAlarm, "0", strconv.Itoa(reason))
}

// User tells a user, with a name in GBK, a card and a password.
func (t *Terminal) User(pin string) {
	t.mu.Lock()
	t.opers = append(t.opers, "USER PIN="+pin+"\tName="+string(gbkName)+"\tPri=0\tPasswd=secret\tCard=[15CD5B07]\tGrp=1")
	t.mu.Unlock()
	t.nudge()
}

// audit posts what is new in the audit log.
func (t *Terminal) audit(ctx context.Context) error {
	t.mu.Lock()
	lines := t.opers
	t.mu.Unlock()
	if len(lines) == 0 {
		return nil
	}
	if err := t.postOper(ctx, []byte(strings.Join(lines, "\n")+"\n"), len(lines)); err != nil {
		return err
	}
	t.update(func() { t.opers = t.opers[len(lines):] })
	return nil
}

// gbkName is 张三 in GBK.
var gbkName = []byte{0xD5, 0xC5, 0xC8, 0xFD}

func (t *Terminal) operlog(ctx context.Context, f Faults) error {
	if !f.Names && !f.EmptyOper {
		return nil
	}
	var body bytes.Buffer
	n := 0
	if f.Names {
		n = 2
		body.WriteString("USER PIN=1001\tName=")
		body.Write(gbkName)
		body.WriteString("\tPri=0\tPasswd=\tCard=\tGrp=1\nOPLOG 4\t0\t2026-10-05 08:00:00\t1001\t0\t0\t0\n")
	}
	return t.postOper(ctx, body.Bytes(), n)
}

func (t *Terminal) postOper(ctx context.Context, body []byte, n int) error {
	text, err := t.send(ctx, http.MethodPost, "cdata", url.Values{"table": {"OPERLOG"}, "OpStamp": {"1"}}, body, false)
	if err == nil && text != "OK: "+strconv.Itoa(n) {
		err = fmt.Errorf("%w: operlog %.40q", errAnswer, text)
	}
	return err
}

// dialer connects from an address of this machine.
func dialer(local string) *net.Dialer {
	d := &net.Dialer{Timeout: 30 * time.Second}
	if local != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(local)}
	}
	return d
}
