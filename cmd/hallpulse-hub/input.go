package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

const maxSecret = 1 << 10 // bytes

// secret reads the first line of standard input: what stands in arguments, every user of the machine can read.
func secret(s streams, what string) (string, error) {
	if f, ok := s.in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			_, _ = fmt.Fprintf(s.err, "%s (it is shown while you type; pipe it in to avoid that): ", what)
		}
	}
	line, err := bufio.NewReader(io.LimitReader(s.in, maxSecret)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("hallpulse-hub: %s: %w", what, err)
	}
	line = strings.TrimRight(line, "\r\n")
	switch {
	case line == "":
		return "", fmt.Errorf("hallpulse-hub: no %s on standard input", what)
	case len(line) > maxSecret-2:
		return "", fmt.Errorf("hallpulse-hub: the %s is longer than %d bytes", what, maxSecret-2)
	}
	return line, nil
}

// owned refuses to work as root on a folder of another user: files that root makes there would keep the hub out.
func owned(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return nil // OpenAdmin makes it, or tells what is wrong
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	if ok && os.Geteuid() == 0 && sys.Uid != 0 {
		return fmt.Errorf("hallpulse-hub: %s belongs to user %d; run this as that user, for example with sudo -u '#%d'", dir, sys.Uid, sys.Uid)
	}
	return nil
}
