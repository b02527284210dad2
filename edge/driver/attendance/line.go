package attendance

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"hallpulse/hall"
)

// timeLayout is how a terminal writes its wall clock.
const timeLayout = "2006-01-02 15:04:05"

// Reasons for which a line is set aside.
var (
	errLong    = errors.New("line too long")
	errColumns = errors.New("too few or too many columns")
	errPIN     = errors.New("bad user number")
	errTime    = errors.New("impossible time")
	errNumber  = errors.New("bad number")
)

// ParseLine reads one ATTLOG line: 2 to 12 columns divided by tabs, or by spaces. loc is the terminal's zone; a
// TimeOffset column decides instead where there is one. Any bytes give a punch or an error.
func ParseLine(line []byte, serial string, loc *time.Location) (hall.Punch, error) {
	if len(line) > maxLine {
		return hall.Punch{}, errLong
	}
	cols, err := columns(decodeText(line))
	if err != nil {
		return hall.Punch{}, err
	}
	p := hall.Punch{Serial: serial, PIN: hall.StaffNo(cols[0]), DeviceTime: cols[1]}
	if !plain(cols[0], maxPIN) {
		return hall.Punch{}, errPIN
	}
	if p.Status, err = number(cols, 2, 255); err != nil {
		return hall.Punch{}, err
	}
	if p.Verify, err = number(cols, 3, 0); err != nil {
		return hall.Punch{}, err
	}
	if w := column(cols, 4); w != "" {
		if !plain(w, maxWorkcode) {
			return hall.Punch{}, fmt.Errorf("workcode: %w", errColumns)
		}
		p.Workcode = w
	}
	if loc, err = zone(column(cols, 10), loc); err != nil {
		return hall.Punch{}, err
	}
	p.At, err = wallTime(p.DeviceTime, loc)
	return p, err
}

// columns divides a line. With spaces instead of tabs the date and the time are columns of their own.
func columns(text string) ([]string, error) {
	var cols []string
	if strings.Contains(text, "\t") {
		cols = strings.Split(text, "\t")
	} else if f := strings.Fields(text); len(f) >= 3 {
		cols = append([]string{f[0], f[1] + " " + f[2]}, f[3:]...)
	}
	for len(cols) > 12 && cols[len(cols)-1] == "" {
		cols = cols[:len(cols)-1]
	}
	if len(cols) < 2 || len(cols) > 12 {
		return nil, errColumns
	}
	for i := range cols {
		cols[i] = strings.TrimSpace(cols[i])
	}
	return cols, nil
}

func column(cols []string, i int) string {
	if i < len(cols) {
		return cols[i]
	}
	return ""
}

// number reads a column that may be absent or empty, which gives missing.
func number(cols []string, i, missing int) (int, error) {
	s := column(cols, i)
	if s == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, errNumber
	}
	return int(n), nil
}

// plain tells whether s can be an identifier: visible characters only.
func plain(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError })
}

// zone reads a TimeOffset column: seconds east of UTC, at most 14 hours. The pid dialect and older firmware put other
// things there, which are not offsets and leave loc.
func zone(s string, loc *time.Location) (*time.Location, error) {
	if s == "" {
		return loc, nil
	}
	if s[0] != '+' && s[0] != '-' {
		return loc, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -14*3600 || n > 14*3600 {
		return nil, fmt.Errorf("time offset: %w", errNumber)
	}
	return time.FixedZone("", n), nil
}

// wallTime reads a terminal's wall clock strictly: an impossible date is an error, it does not roll over.
func wallTime(s string, loc *time.Location) (time.Time, error) {
	if len(s) != len(timeLayout) {
		return time.Time{}, errTime
	}
	t, err := time.ParseInLocation(timeLayout, s, loc)
	if err != nil || t.Year() < 2000 || t.Year() > 2099 || s[11] == ' ' { // the parser takes a blank for a leading zero of the hour
		return time.Time{}, errTime
	}
	return t.UTC(), nil
}

// decodeText gives text as UTF-8: devices say UTF-8, but those with a Chinese menu write GB18030.
func decodeText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	if out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b); err == nil {
		return string(out)
	}
	return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}

// lines calls do for each non-empty line of body, without its line end, and gives their number.
func lines(body []byte, do func(line []byte) error) (n int, err error) {
	for len(body) > 0 {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte{'\n'})
		line = bytes.TrimRight(line, "\r\x00")
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		n++
		if err := do(line); err != nil {
			return n, err
		}
	}
	return n, nil
}
