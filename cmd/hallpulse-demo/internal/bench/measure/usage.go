// Package measure reads what a process costs, runs the programs of a measurement and lays figures out in tables.
package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor times in /proc: Linux gives them to programs in hundredths of a second (proc(5)).
const tick = 10 * time.Millisecond

// Usage is what a process has used so far, and how much memory it holds.
type Usage struct {
	CPU  time.Duration // user and system time since its start
	RSS  int64         // bytes resident now
	Peak int64         // most bytes ever resident, or since ResetPeak
}

var errProc = errors.New("measure: /proc is not as expected")

// Of reads the usage of a process.
func Of(pid int) (Usage, error) {
	var u Usage
	stat, err := os.ReadFile(proc(pid, "stat"))
	if err != nil {
		return u, fmt.Errorf("measure: %w", err)
	}
	if u.CPU, err = cpu(string(stat)); err != nil {
		return u, err
	}
	status, err := os.ReadFile(proc(pid, "status"))
	if err != nil {
		return u, fmt.Errorf("measure: %w", err)
	}
	u.RSS, err = kilobytes(string(status), "VmRSS:")
	if err != nil {
		return u, err
	}
	u.Peak, err = kilobytes(string(status), "VmHWM:")
	return u, err
}

// ResetPeak makes Peak count from now on.
func ResetPeak(pid int) error {
	const peak = "5" // proc(5): clear_refs
	if err := os.WriteFile(proc(pid, "clear_refs"), []byte(peak), 0o200); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	return nil
}

func proc(pid int, name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }

// cpu sums utime and stime, the fields 14 and 15 of stat. The name in field 2 may hold anything, but ends with the last ")".
func cpu(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("%w: stat has %d fields", errProc, len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: utime: %w", errProc, err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: stime: %w", errProc, err)
	}
	return time.Duration(user+system) * tick, nil
}

// kilobytes gives a line such as "VmRSS:  1234 kB" in bytes.
func kilobytes(status, name string) (int64, error) {
	for line := range strings.Lines(status) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%w: %s %w", errProc, name, err)
		}
		return n << 10, nil
	}
	return 0, fmt.Errorf("%w: no %s", errProc, name)
}
