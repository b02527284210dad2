package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hallpulse/hub/app"
	"hallpulse/hub/auth"
)

// console runs commands on one data folder.
type console struct {
	t      *testing.T
	config string
}

func newConsole(t *testing.T) console {
	dir := t.TempDir()
	c := console{t, filepath.Join(dir, "hub.yaml")}
	text := "data_dir: " + filepath.Join(dir, "data") + "\nweb: {listen: \"127.0.0.1:0\"}\nmqtt: {listen: \"127.0.0.1:0\"}\n"
	if err := os.WriteFile(c.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// run gives what a command prints; code is what it must end with.
func (c console) run(code int, in string, args ...string) (out, errs string) {
	c.t.Helper()
	var o, e bytes.Buffer
	got := run(c.t.Context(), append(args, "--config", c.config), streams{strings.NewReader(in), &o, &e})
	if got != code {
		c.t.Errorf("%v: exit code %d, want %d: %s", args, got, code, e.String())
	}
	return o.String(), e.String()
}

func (c console) admin() *app.Admin {
	c.t.Helper()
	cfg, err := app.Load(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	a, err := app.OpenAdmin(c.t.Context(), cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = a.Close() })
	return a
}

func TestAccounts(t *testing.T) {
	c := newConsole(t)
	if out, _ := c.run(exitOK, "", "account", "ls"); strings.Count(out, "\n") != 1 {
		t.Errorf("accounts of a new folder: %s", out)
	}
	c.run(exitOK, "a long password\nignored\n", "account", "add", "--name", "zhang", "--role", "administrator")
	c.run(exitOK, "another long one", "account", "add", "--name", "wang", "--role", "hall_manager", "--hall", "jiangkou,shaxi", "--lang", "zh")
	for _, bad := range [][]string{
		{"account", "add", "--name", "zhang", "--role", "auditor"},                              // there is one
		{"account", "add", "--name", "li", "--role", "king"},                                    // no such role
		{"account", "add", "--name", "li", "--role", "hall_manager"},                            // of which hall
		{"account", "add", "--name", "li", "--role", "hall_manager", "--hall", "江口"},            // no id
		{"account", "add", "--name", "li", "--role", "auditor", "--lang", "fr"},                 // no such language
		{"account", "password", "--name", "nobody"}, {"account", "disable", "--name", "nobody"}, // not there
	} {
		c.run(exitFailed, "a long password\n", bad...)
	}
	if _, errs := c.run(exitFailed, "", "account", "password", "--name", "wang"); !strings.Contains(errs, "standard input") {
		t.Errorf("without a password: %s", errs)
	}
	c.run(exitFailed, "short\n", "account", "password", "--name", "wang")
	c.run(exitOK, "quite another one\n", "account", "password", "--name", "wang")
	c.run(exitOK, "", "account", "disable", "--name", "wang")
	out, _ := c.run(exitOK, "", "account", "ls")
	if !strings.Contains(out, "zhang  administrator  []") || !strings.Contains(out, "[jiangkou shaxi]  disabled") {
		t.Errorf("accounts:\n%s", out)
	}
	c.run(exitOK, "", "account", "disable", "--name", "wang", "--enable")
	list, err := c.admin().Accounts(t.Context())
	if err != nil || len(list) != 2 || list[0].Disabled || list[0].Lang != "zh" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestCredentialsAndTokens(t *testing.T) {
	c := newConsole(t)
	c.run(exitOK, "a long password\n", "account", "add", "--name", "zhang", "--role", "administrator")
	credential, _ := c.run(exitOK, "", "enrol", "--hall", "jiangkou")
	if len(strings.TrimSpace(credential)) < 32 || strings.Count(credential, "\n") != 1 {
		t.Errorf("credential %q", credential)
	}
	c.run(exitFailed, "", "enrol", "--hall", "no/such")
	if out, _ := c.run(exitOK, "", "gateways"); !strings.Contains(out, "jiangkou") || !strings.Contains(out, "never") || strings.Contains(out, strings.TrimSpace(credential)) {
		t.Errorf("gateways:\n%s", out)
	}
	c.run(exitOK, "", "revoke", "--hall", "jiangkou")
	c.run(exitFailed, "", "revoke", "--hall", "jiangkou")
	token, _ := c.run(exitOK, "", "token", "add", "--name", "prometheus", "--account", "zhang", "--life", "720h")
	if !strings.HasPrefix(token, auth.TokenPrefix) {
		t.Errorf("token %q", token)
	}
	c.run(exitOK, strings.Repeat("x", auth.MinToken)+"\n", "token", "add", "--name", "script", "--account", "zhang", "--given")
	c.run(exitFailed, "too-short\n", "token", "add", "--name", "other", "--account", "zhang", "--given")
	if out, _ := c.run(exitOK, "", "token", "ls"); !strings.Contains(out, "prometheus") || !strings.Contains(out, "taken away") || strings.Contains(out, strings.TrimSpace(token)) {
		t.Errorf("tokens:\n%s", out)
	}
	c.run(exitOK, "", "token", "rm", "--name", "script")
	c.run(exitFailed, "", "token", "rm", "--name", "script")
	path := filepath.Join(t.TempDir(), "copy.db")
	c.run(exitOK, "", "backup", "--to", path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	c.run(exitFailed, "", "backup", "--to", path)
}

func TestUsage(t *testing.T) {
	c := newConsole(t)
	if out, _ := c.run(exitOK, "", "--version"); !strings.Contains(out, version) {
		t.Errorf("version: %s", out)
	}
	if _, errs := c.run(exitOK, "", "--help"); !strings.Contains(errs, "account add") || !strings.Contains(errs, "运行平台") {
		t.Errorf("help: %s", errs)
	}
	for _, args := range [][]string{{"nonsense"}, {"account", "nonsense"}, {"--nonsense"}, {"enrol"}, {"account", "add", "--name", "x"},
		{"account", "add", "--name", "x", "--role", "auditor", "--password", "x"}, {"revoke", "jiangkou"}} {
		if _, errs := c.run(exitUsage, "", args...); errs == "" {
			t.Errorf("%v: no word about what is wrong", args)
		}
	}
	if err := os.WriteFile(c.config, []byte("web: {lisen: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"account", "ls"}} {
		if _, errs := c.run(exitFailed, "", args...); !strings.Contains(errs, "web.lisen") {
			t.Errorf("%v on a wrong file: %s", args, errs)
		}
	}
}

// TestServe: the hub runs until it is told to end, and then ends well.
func TestServe(t *testing.T) {
	c := newConsole(t)
	ctx, cancel := context.WithCancel(t.Context())
	log := &awaiter{want: "app: running", found: cancel}
	if code := run(ctx, []string{"--config", c.config}, streams{strings.NewReader(""), &bytes.Buffer{}, log}); code != exitOK {
		t.Errorf("exit code %d: %s", code, log.text.String())
	}
}

// awaiter is a log that acts when it is told something.
type awaiter struct {
	text  bytes.Buffer
	want  string
	found func()
}

func (a *awaiter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(a.want)) {
		a.found()
	}
	return a.text.Write(p)
}

// TestUnit: the systemd unit starts this program in a way that it understands.
func TestUnit(t *testing.T) {
	data, err := os.ReadFile("../../deploy/systemd/hallpulse-hub.service")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		rest, ok := strings.CutPrefix(line, "ExecStart=")
		if !ok {
			continue
		}
		words := strings.Fields(rest)
		o, _, err := parse(words[1:], streams{nil, &bytes.Buffer{}, &bytes.Buffer{}})
		if err != nil || o.config != "/etc/hallpulse/hub.yaml" || filepath.Base(words[0]) != "hallpulse-hub" {
			t.Errorf("%s: %+v %v", rest, o, err)
		}
		return
	}
	t.Error(errors.New("the unit starts nothing"))
}
