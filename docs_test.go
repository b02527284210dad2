package hallpulse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// spoken finds commands in guides: what stands between back-quotes and begins with one of our programs.
var spoken = regexp.MustCompile("`(hallpulse(?:-hub|-edge)? [^`]+)`")

// guides is where people read commands.
func guides(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(list, "README.md", "README.zh-CN.md")
}

// TestGuidesCommands runs every command that the guides give, as they give it, on a county's server and a gateway.
func TestGuidesCommands(t *testing.T) {
	desk := newDesk(t)
	seen := map[string]bool{}
	for _, file := range guides(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range spoken.FindAllStringSubmatch(string(text), -1) {
			if command := m[1]; !seen[command] && !strings.Contains(command, "…") {
				seen[command] = true
				desk.run(t, file, command)
			}
		}
	}
	if len(seen) < 8 {
		t.Errorf("only %d commands found in the guides", len(seen))
	}
}

// desk is a folder as a technician has it: the programs, the configurations, a journal, and a line to displays, on a serial port
// and over the network.
type desk struct{ dir, bin, port, network string }

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{dir: t.TempDir(), bin: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", d.bin, "./cmd/hallpulse", "./cmd/hallpulse-hub", "./cmd/hallpulse-edge").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	d.write(t, "hub.yaml", fmt.Sprintf("data_dir: hub\nweb: {listen: %q}\nmqtt: {listen: %q}\n", free(t), free(t)))
	d.write(t, "credential", "given-at-enrolment")
	d.write(t, "hall.yaml", fmt.Sprintf(`hall: {id: jiangkou, name: {zh: 江口镇便民服务中心}, township: {zh: 江口镇}}
hub: {broker: "mqtt://127.0.0.1:1", credential: {file: credential}}
data_dir: gateway
panel: {listen: %q}
attendance: {listen: %q}
devices: [{id: terminal, driver: zkteco-push, zkteco: {serial: CEXA000000001}}]
`, free(t), free(t)))
	for _, file := range guides(t) {
		for _, b := range blocks(t, file) {
			if m := named.FindStringSubmatch(b); m != nil {
				d.write(t, m[1], b)
			}
		}
	}
	d.displays(t)
	return d
}

func (d *desk) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command. The two programs that run until they are stopped must still run after a moment; the others must end
// well.
func (d *desk) run(t *testing.T, file, command string) {
	t.Helper()
	words := strings.Fields(strings.NewReplacer("FILE", "copy.db", "/var/lib/hallpulse", "gateway", "/dev/serial/by-id/usb-display", d.port,
		"192.168.1.50:4001", d.network, "--for 1m", "--for 300ms", "device probe", "device probe --wait 100ms --cameras-at "+free(t)).Replace(command))
	if words[1] == "terminal" || words[1] == "relay" {
		defer d.gateway(t)()
	}
	stays := len(words) == 3 && words[1] == "--config"
	limit := time.Minute
	if stays {
		limit = 3 * time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(d.bin, words[0]), words[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Dir, cmd.Stdin = d.dir, strings.NewReader("a password of the guide\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if stays && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return
	}
	if err != nil || stays {
		t.Errorf("%s: %s: %v\n%s", file, command, err, out.String())
	}
}

// free gives an address for a program that starts later: a loopback host of its own, so that no connection made meanwhile takes
// the port.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// TestGuidesTargets: every make target that a guide names is there.
func TestGuidesTargets(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(makefile), -1) {
		there = append(there, m[1])
	}
	for _, file := range append(guides(t), "CONTRIBUTING.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)").FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(there, m[1]) {
				t.Errorf("%s: there is no make %s", file, m[1])
			}
		}
	}
}

// TestGuidesLinks: every file that a guide links to is there.
func TestGuidesLinks(t *testing.T) {
	for _, file := range append(guides(t), "CONTRIBUTING.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s: link to %s: %v", file, m[1], err)
			}
		}
	}
}
