package measure

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestOfReadsThisProcess(t *testing.T) {
	u, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if u.RSS < 1<<20 || u.Peak < u.RSS/2 {
		t.Errorf("usage is %+v", u)
	}
}

func TestCPU(t *testing.T) {
	// The name of a program may hold what looks like fields.
	got, err := cpu("7 (a ) b 1 2) S 1 7 7 0 -1 0 1 2 3 4 150 50 0 0 20 0")
	if err != nil || got != 2*time.Second {
		t.Errorf("got %v, %v; want 2s", got, err)
	}
	if _, err := cpu("7 (a) S 1"); err == nil {
		t.Error("a short line gave no error")
	}
}

func TestKilobytes(t *testing.T) {
	got, err := kilobytes("Name:\tx\nVmRSS:\t    2048 kB\nVmHWM:\t 4096 kB\n", "VmRSS:")
	if err != nil || got != 2<<20 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := kilobytes("Name:\tx\n", "VmRSS:"); err == nil {
		t.Error("a missing line gave no error")
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestTableShowsWhatWasMissed(t *testing.T) {
	table := Table{Title: "speed"}
	table.Aim(true, "> 1", "fast", "2")
	table.Aim(false, "> 5", "faster", "%d", 3)
	table.Note("a note")
	var b strings.Builder
	if err := table.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"speed", "met", "MISSED", "a note"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
