package measure

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// Table is the figures of one measurement, with the aim beside each.
type Table struct {
	Title string
	rows  []row
	notes []string
}

type row struct{ name, value, aim, met string }

// Figure adds a figure without an aim.
func (t *Table) Figure(name, format string, args ...any) {
	t.rows = append(t.rows, row{name: name, value: fmt.Sprintf(format, args...)})
}

// Aim adds a figure with its aim and whether it was met.
func (t *Table) Aim(met bool, aim, name, format string, args ...any) {
	word := "met"
	if !met {
		word = "MISSED"
	}
	t.rows = append(t.rows, row{name, fmt.Sprintf(format, args...), aim, word})
}

// Note adds a sentence below the figures.
func (t *Table) Note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// Print writes the table, and how busy the machine is: beside other work its figures say little.
func (t *Table) Print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", t.Title)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "  figure\tmeasured\taim\t") // to memory
	for _, r := range t.rows {
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", r.name, r.value, r.aim, r.met)
	}
	_ = w.Flush()
	t.Note("load of the machine when it was done: %s", load())
	for _, n := range t.notes {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Machine describes where the figures were measured.
func Machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("machine: %d cores (%s), %s, load %s", runtime.NumCPU(), model, runtime.Version(), load())
}

// load is what else the machine does: the averages over 1, 5 and 15 minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) >= 3 {
		return strings.Join(fields[:3], " ")
	}
	return "unknown"
}

// MiB spells bytes.
func MiB(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// Rate spells n per second, with a comma between thousands.
func Rate(n int, d time.Duration) string { return Thousands(int(PerSecond(n, d))) + "/s" }

// PerSecond is n divided by d.
func PerSecond(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// Thousands spells a number with commas.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
