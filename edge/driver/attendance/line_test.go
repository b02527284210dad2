package attendance

import (
	"errors"
	"testing"
	"time"

	"hallpulse/hall"
)

var cst = time.FixedZone("UTC+8", 8*3600)

func TestParseLine(t *testing.T) {
	at := time.Date(2026, 10, 5, 0, 58, 11, 0, time.UTC)
	base := hall.Punch{Serial: serial, PIN: "1001", DeviceTime: "2026-10-05 08:58:11", At: at, Verify: 15}
	with := func(change func(*hall.Punch)) hall.Punch { p := base; change(&p); return p }
	same := func(*hall.Punch) {}
	for name, tt := range map[string]struct {
		line string
		want hall.Punch
	}{
		"seven columns": {"1001\t2026-10-05 08:58:11\t0\t15\t\t0\t0", with(same)},
		"two columns":   {"1001\t2026-10-05 08:58:11", with(func(p *hall.Punch) { p.Status, p.Verify = 255, 0 })},
		"no state":      {"1001\t2026-10-05 08:58:11\t255\t4\t0\t0\t0", with(func(p *hall.Punch) { p.Status, p.Verify, p.Workcode = 255, 4, "0" })},
		"spaces":        {"1001 2026-10-05 08:58:11 0 15", with(same)},
		"letters":       {"A0017\t2026-10-05 08:58:11\t0\t15", with(func(p *hall.Punch) { p.PIN = "A0017" })},
		"leading zeros": {"00017\t2026-10-05 08:58:11\t0\t15", with(func(p *hall.Punch) { p.PIN = "00017" })},
		"offset": {"1001\t2026-10-05 08:58:11\t0\t15\t\t0\t0\t0\t36.5\t36.5\t+7200\te30=",
			with(func(p *hall.Punch) { p.At = time.Date(2026, 10, 5, 6, 58, 11, 0, time.UTC) })},
		"empty offset": {"1001\t2026-10-05 08:58:11\t0\t15\t\t0\t0\t0\t\t\t\t", with(same)},
		"GBK workcode": {"1001\t2026-10-05 08:58:11\t0\t15\t\xd5\xc5", with(func(p *hall.Punch) { p.Workcode = "张" })},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLine([]byte(tt.line), serial, cst)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseLineRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		line string
		want error
	}{
		"one column":    {"1001", errColumns},
		"13 columns":    {"1\t2026-10-05 08:58:11\t0\t0\t0\t0\t0\t0\t0\t0\t\t0\t0", errColumns},
		"no date":       {"1001\t\t0", errTime},
		"february 31":   {"1001\t2026-02-31 08:00:00\t0\t1", errTime},
		"hour 24":       {"1001\t2026-02-01 24:00:00\t0\t1", errTime},
		"year 1970":     {"1001\t1970-01-01 00:00:00\t0\t1", errTime},
		"cut":           {"1001\t2026-02-01 08:0\t0\t1", errTime},
		"bad status":    {"1001\t2026-02-01 08:00:00\tx\t1", errNumber},
		"negative":      {"1001\t2026-02-01 08:00:00\t-1\t1", errNumber},
		"bad offset":    {"1\t2026-10-05 08:58:11\t0\t0\t0\t0\t0\t0\t0\t0\t+99999", errNumber},
		"no number":     {"\t2026-02-01 08:00:00\t0\t1", errPIN},
		"spaces in PIN": {"1 0\t2026-02-01 08:00:00\t0\t1", errPIN},
		"long":          {string(make([]byte, maxLine+1)), errLong},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseLine([]byte(tt.line), serial, cst); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestTimeZone(t *testing.T) {
	for offset, want := range map[int]string{8 * 3600: "8", 19800: "330", -3 * 3600: "-3", 12 * 3600: "720", 13 * 3600: "780", 0: "0", -9*3600 - 1800: "-570"} {
		if got := timeZone(time.FixedZone("", offset), time.Now()); got != want {
			t.Errorf("offset %d: got %s, want %s", offset, got, want)
		}
	}
}

func TestPrivate(t *testing.T) {
	got := string(private([]byte("1\t2026-10-05 08:58:11\t0\t1\t0\t0\t0\t110101199001011234\t0\t0\t+28800\teyJHUFNJbmZvIjp7fX0=")))
	if want := "1\t2026-10-05 08:58:11\t0\t1\t0\t0\t0\t*\t0\t0\t+28800\t*"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory()
	key := func(i int) Key { return Key{Serial: serial, PIN: "1", Time: time.Unix(int64(i), 0).String()} }
	for i := range maxKeys + 10 {
		m.add(key(i))
	}
	if m.has(key(9)) || !m.has(key(10)) || !m.has(key(maxKeys+9)) || len(m.set) != maxKeys {
		t.Errorf("wrong keys kept: %d", len(m.set))
	}
}

// FuzzATTLOG: any line gives a punch that can be written, or an error.
func FuzzATTLOG(f *testing.F) {
	for _, s := range []string{"1001\t2026-10-05 08:58:11\t0\t15\t\t0\t0", "1001 2026-10-05 08:58:11 0 15", "\xd5\xc5\t2026-10-05 08:58:11",
		"1\t2026-10-05 08:58:11\t0\t0\t0\t0\t0\t0\t0\t0\t-36000\t", "\t\t\t", "1\t2000-10-01  0:00:00", "1001\t2026-02-30 08:58:11\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		p, err := ParseLine(line, serial, cst)
		if err != nil {
			return
		}
		if p.PIN == "" || len(p.PIN) > maxPIN || p.At.Year() < 1999 || p.At.Year() > 2100 || p.Status < 0 || p.Verify < 0 || len(p.Workcode) > maxWorkcode {
			t.Errorf("bad punch %+v from %q", p, line)
		}
		if got := p.At.Add(8 * time.Hour).Format(timeLayout); got != p.DeviceTime && len(line) < 60 && len(splitTabs(line)) < 11 {
			t.Errorf("time %s became %s", p.DeviceTime, got)
		}
		_ = private(line)
	})
}

func splitTabs(line []byte) (cols []int) {
	cols = []int{0}
	for i, b := range line {
		if b == '\t' || b == ' ' {
			cols = append(cols, i)
		}
	}
	return cols
}
