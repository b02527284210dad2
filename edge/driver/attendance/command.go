package attendance

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrUnknownTerminal says that no terminal with the serial is configured.
var ErrUnknownTerminal = errors.New("attendance: unknown terminal")

// allowed are the commands that may be given: none erases, opens a door or runs a program on the terminal.
var allowed = []string{"INFO", "CHECK", "LOG", "DATA QUERY ATTLOG", "DATA QUERY USERINFO", "VERIFY SUM ATTLOG",
	"SET OPTION ", "GET OPTION FROM ", "RELOAD OPTIONS", "REBOOT"}

// Result is what became of a command.
type Result struct {
	ID      string    `json:"id"`
	Command string    `json:"command"`
	Done    bool      `json:"done"`           // the terminal answered, or was asked commandTries times without an answer
	Code    int       `json:"code"`           // 0 done; negative: the terminal's error; -1003 also when it never answered
	Text    string    `json:"text,omitempty"` // what followed the answer, cut
	Sum     int       `json:"sum,omitempty"`  // punches that a verification counted
	At      time.Time `json:"at"`             // of the answer
}

type command struct {
	id, text string
	sent     time.Time
	tries    int
}

// commands are those of one terminal, guarded by its lock.
type commands struct {
	greeted bool
	last    int
	queue   []command
	results []Result
}

// first queues what every terminal is asked once per start of the program: who it is, and to use the hall's zone.
func (c *commands) first(loc *time.Location, now time.Time) {
	if c.greeted {
		return
	}
	c.greeted = true
	c.add("INFO")
	c.add("SET OPTION TimeZone=" + timeZone(loc, now))
}

func (c *commands) add(text string) string {
	c.last++
	id := strconv.Itoa(c.last)
	c.queue = append(c.queue, command{id: id, text: text})
	c.keep(Result{ID: id, Command: text})
	return id
}

// keep stores r, replacing an earlier state of the same command and forgetting the oldest command.
func (c *commands) keep(r Result) {
	if i := slices.IndexFunc(c.results, func(o Result) bool { return o.ID == r.ID }); i >= 0 {
		c.results[i] = r
		return
	}
	if len(c.results) == maxResults {
		c.results = slices.Delete(c.results, 0, 1)
	}
	c.results = append(c.results, r)
}

// due gives the lines to answer a poll with. A command without an answer is sent again, then given up.
func (c *commands) due(now time.Time) (text string, queries bool) {
	var b strings.Builder
	kept := c.queue[:0]
	for _, cmd := range c.queue {
		if cmd.tries > 0 && now.Sub(cmd.sent) < answerTime && now.After(cmd.sent) {
			kept = append(kept, cmd)
			continue
		}
		if cmd.tries == commandTries {
			c.keep(Result{ID: cmd.id, Command: cmd.text, Done: true, Code: -1003, At: now})
			continue
		}
		cmd.tries++
		cmd.sent = now
		b.WriteString("C:" + cmd.id + ":" + cmd.text + "\n")
		queries = queries || strings.Contains(cmd.text, "ATTLOG") || cmd.text == "CHECK" || cmd.text == "LOG"
		kept = append(kept, cmd)
	}
	clear(c.queue[len(kept):])
	c.queue = kept
	return b.String(), queries
}

// answer takes the body of a devicecmd request: lines of ID, Return and CMD, each with text following it.
func (c *commands) answer(body []byte, now time.Time) (n int) {
	var open *Result
	var text []byte
	closeOne := func() {
		if open != nil {
			open.Text = string(bytes.ToValidUTF8(bytes.TrimSpace(text), []byte("?")))
			open.Sum = max(open.Sum, attlogSum(open.Text))
			c.keep(*open)
		}
		open, text = nil, nil
	}
	for part := range bytes.SplitSeq(body, []byte{'\n'}) {
		if id, code, ok := resultLine(part); ok {
			closeOne()
			if i := slices.IndexFunc(c.queue, func(q command) bool { return q.id == id }); i >= 0 {
				open = &Result{ID: id, Command: c.queue[i].text, Done: true, Code: code, At: now, Sum: attlogSum(string(part[:min(len(part), 256)]))}
				c.queue = slices.Delete(c.queue, i, i+1)
				n++
			}
			continue
		}
		if open != nil && len(text)+len(part) < maxResultText {
			text = append(append(text, part...), '\n')
		}
	}
	closeOne()
	return n
}

// attlogSum finds the count that a verification answers with, in its line or after it; 0: none.
func attlogSum(text string) int {
	_, rest, ok := strings.Cut(text, "AttlogSum=")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, err := strconv.ParseUint(rest[:end], 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

func resultLine(line []byte) (id string, code int, ok bool) {
	s := strings.TrimSpace(string(line[:min(len(line), 256)]))
	if !strings.HasPrefix(s, "ID=") {
		return "", 0, false
	}
	q, err := url.ParseQuery(s)
	if err != nil {
		return "", 0, false
	}
	code, err = strconv.Atoi(q.Get("Return"))
	return q.Get("ID"), code, err == nil
}

// Command queues a command for the terminal's next poll and gives its id, by which Results tells what became of it.
func (s *Server) Command(serial, text string) (id string, err error) {
	t := s.terminal(serial)
	if t == nil {
		return "", ErrUnknownTerminal
	}
	if len(text) > maxCommand || strings.ContainsAny(text, "\r\n\x00") {
		return "", errors.New("attendance: command too long or of several lines")
	}
	if !slices.ContainsFunc(allowed, func(a string) bool {
		return strings.HasPrefix(text, a) && (len(text) == len(a) || strings.HasSuffix(a, " ") || text[len(a)] == ' ')
	}) {
		return "", fmt.Errorf("attendance: command %.20q is not allowed", text)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.commands.queue) >= maxQueue {
		return "", errors.New("attendance: too many commands waiting")
	}
	return t.commands.add(text), nil
}

// Repair asks the terminal to send again what it recorded between from and to; punches already journalled are dropped.
func (s *Server) Repair(serial string, from, to time.Time) (id string, err error) {
	t := s.terminal(serial)
	if t == nil {
		return "", ErrUnknownTerminal
	}
	return s.Command(serial, "DATA QUERY ATTLOG "+between(from, to, t.opts.location()))
}

// Results gives what became of the terminal's commands, by id; the newest maxResults are kept.
func (s *Server) Results(serial string) map[string]Result {
	t := s.terminal(serial)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make(map[string]Result, len(t.commands.results))
	for _, r := range t.commands.results {
		out[r.ID] = r
	}
	return out
}
