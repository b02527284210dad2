package technician

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hallpulse/firmware-bridge/profile"
)

// Fixture writes a recording as the test of the profiles reads it: dir/<profile>/<name>.hex with the bytes of each chunk and what they
// gave. What the file expects is what the profile says now: read it before it is kept. It gives the file's path; a file that is
// there is not replaced. Pauses are not kept: a recording that a pause divides inside a frame makes no fixture.
func Fixture(dir, name string, c *Capture, p *profile.Profile) (path string, err error) {
	if name == "" || strings.ContainsAny(name, "/\\ ") || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("technician: %q cannot be a file's name", name)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Recorded %s, %s.\n", c.Header.Date.Format(time.DateOnly), strings.TrimSpace(c.Header.Settings))
	b.WriteString("# > bytes on the line; then what they must give, or why they are refused.\n\n")
	want := play(c, p, false)
	if !bytes.Equal([]byte(want), []byte(play(c, p, true))) {
		return "", errors.New("technician: a pause divides a frame of the recording: cut the file there and make two")
	}
	for _, k := range c.Chunks {
		if !k.Sent && len(k.Data) > 0 {
			fmt.Fprintf(&b, "> % X\n", k.Data)
		}
	}
	b.WriteString(want)
	path = filepath.Join(dir, p.Name(), name+".hex")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("technician: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", fmt.Errorf("technician: %w", err)
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("technician: %w", err)
	}
	return path, nil
}

// play gives what a recording says, a line each, with or without its pauses.
func play(c *Capture, p *profile.Profile, pauses bool) string {
	var b strings.Builder
	play := newPlayer(p, func(f Frame) {
		if f.Refused != "" {
			b.WriteString("refused " + f.Refused + "\n")
			return
		}
		b.WriteString(f.Event.Line() + "\n")
	})
	for _, k := range c.Chunks {
		if !pauses {
			k.At = 0
		}
		play.feed(k)
	}
	play.end()
	return b.String()
}
