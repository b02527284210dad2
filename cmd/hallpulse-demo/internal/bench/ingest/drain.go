package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"hallpulse/cmd/hallpulse-demo/internal/bench/load"
	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
)

// drain drains the journals in a process of its own, so that the hub's is measured alone. cpu is what that process used.
func drain(ctx context.Context, p load.Plan) (r load.Result, cpu time.Duration, err error) {
	plan, err := json.Marshal(p)
	if err != nil {
		return r, 0, fmt.Errorf("ingest: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return r, 0, fmt.Errorf("ingest: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "bench", "drain")
	var out, failed bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(plan), &out, &failed
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		return r, 0, fmt.Errorf("ingest: drain: %w: %s", err, failed.String())
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return r, 0, fmt.Errorf("ingest: drain: %w", err)
	}
	return r, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// Drain is the other process: it reads its plan and writes what it did.
func Drain(ctx context.Context, in io.Reader, out io.Writer) error {
	var p load.Plan
	if err := json.NewDecoder(in).Decode(&p); err != nil {
		return fmt.Errorf("ingest: plan: %w", err)
	}
	stop, err := measure.Profile(p.Profile)
	if err != nil {
		return err
	}
	defer stop()
	r, err := load.Drain(ctx, p)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}
