package terminal

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// poll asks for commands and answers them.
func (t *Terminal) poll(ctx context.Context) error {
	info := fmt.Sprintf("Ver 2.0.33S,12,34,%d,127.0.0.1,10,7,12,12,111", len(t.Memory()))
	text, err := t.send(ctx, http.MethodGet, "getrequest", url.Values{"INFO": {info}}, nil, false)
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		part := strings.SplitN(strings.TrimRight(line, "\r\n"), ":", 3)
		if len(part) != 3 || part[0] != "C" {
			continue
		}
		if err := t.obey(ctx, part[1], part[2]); err != nil {
			return err
		}
	}
	return nil
}

// obey carries a command out and reports its result.
func (t *Terminal) obey(ctx context.Context, id, text string) error {
	word, more := text, ""
	var mute bool
	code := 0
	t.update(func() {
		t.log = append(t.log, text)
		mute, code = t.faults.Mute, t.faults.Return
		if code != 0 {
			return
		}
		switch {
		case text == "INFO":
			more = "~DeviceName=K40\n~SerialNumber=" + t.o.Serial + "\nFWVersion=Ver 2.0.33S\n"
		case text == "CHECK":
			t.sent = 0
		case strings.HasPrefix(text, "DATA QUERY ATTLOG"):
			word = "DATA"
			t.extra = append(t.extra, t.between(text))
		case strings.HasPrefix(text, "VERIFY SUM ATTLOG"):
			word = fmt.Sprintf("VERIFY SUM&AttlogSum=%d", len(t.between(text)))
		case text == "REBOOT":
			t.hello = false
		case strings.HasPrefix(text, "SET OPTION"):
			word = "SET OPTION"
		}
	})
	if mute {
		return nil
	}
	body := fmt.Sprintf("ID=%s&Return=%d&CMD=%s\n%s", id, code, word, more)
	_, err := t.send(ctx, http.MethodPost, "devicecmd", url.Values{}, []byte(body), false)
	return err
}

// between gives the records of the range a query names.
func (t *Terminal) between(text string) (out []Record) {
	var from, to string
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(text, "DATA QUERY ATTLOG "), "VERIFY SUM ATTLOG "), "\t") {
		switch k, v, _ := strings.Cut(part, "="); k {
		case "StartTime":
			from = v
		case "EndTime":
			to = v
		}
	}
	for _, r := range t.memory {
		if r.Time >= from && r.Time <= to {
			out = append(out, r)
		}
	}
	return out
}
