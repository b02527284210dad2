package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"hallpulse/hall"
)

const childEnv = "HALLPULSE_JOURNAL_CHILD"

// TestMain lets the test binary be the program that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(dir)
		return
	}
	os.Exit(m.Run())
}

// child appends from four writers until it is killed and says each sequence that was stored.
func child(dir string) {
	j, err := Open(dir, Options{FactsSegment: 2048, ReadingsSegment: 4096, SyncEvery: 5 * time.Millisecond})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				payload := fmt.Sprintf("boot %d writer %d number %d %s", j.Boot(), w, i, strings.Repeat("x", i%90))
				seq, err := j.Append(hall.Facts, []byte(payload), 1)
				if err == nil && i%5 == 0 {
					_, err = j.Append(hall.Readings, []byte(payload), 10)
				}
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				mu.Lock()
				fmt.Printf("%d %s\n", seq, payload)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// Every fact whose Append returned is there exactly once, in order, however often the program is killed.
func TestKill(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	said := map[uint64]string{}
	for range rounds {
		runChild(t, dir, said, 20+rand.IntN(400))
	}
	j := open(t, dir, Options{})
	seqs, got := all(t, j, hall.Facts, 1)
	for i, seq := range seqs {
		if seq != uint64(i+1) {
			t.Fatalf("sequence %d at place %d", seq, i)
		}
	}
	if len(said) == 0 {
		t.Fatal("the child stored nothing")
	}
	seen := map[string]bool{}
	for _, p := range got {
		if seen[p] {
			t.Fatalf("twice: %q", p)
		}
		seen[p] = true
	}
	for seq, p := range said {
		if got[seq] != p {
			t.Fatalf("%d is %q, the child said %q", seq, got[seq], p)
		}
	}
	readings, _ := all(t, j, hall.Readings, 1)
	for i, seq := range readings {
		if seq != uint64(i*10+1) {
			t.Fatalf("reading %d at place %d", seq, i)
		}
	}
	t.Logf("%d facts said, %d found, %d frames of readings, %d kills", len(said), len(seqs), len(readings), rounds)
}

// runChild lets a child say so many facts, kills it and adds what it said.
func runChild(t *testing.T, dir string, said map[uint64]string, facts int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := in.ReadString('\n') // the pipe keeps what was said before the kill
		if errors.Is(err, io.EOF) {
			break
		}
		var seq uint64
		if _, serr := fmt.Sscan(line, &seq); serr != nil || err != nil {
			t.Fatalf("%q: %v %v", line, err, serr)
		}
		_, payload, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if old, twice := said[seq]; twice {
			t.Fatalf("%d given twice: %q and %q", seq, old, payload)
		}
		said[seq] = payload
		if n == facts {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
}
