package technician

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/simulator/line"
	sim "hallpulse/edge/simulator/profiled"
	"hallpulse/firmware-bridge/profile"
	"hallpulse/hall"
)

func load(t *testing.T, name string) *profile.Profile {
	t.Helper()
	p, err := profile.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func capture(chunks ...Chunk) *Capture { return &Capture{Header: header, Chunks: chunks} }

func TestReplay(t *testing.T) {
	c := capture(chunkAt(0, "$001,"), Chunk{Data: []byte("ignored")}, chunkAt(1000, "A012#$002,"), chunkAt(4_000_000, "A013#$002,01&"))
	c.Chunks[1].Sent = true
	var frames []Frame
	s := Replay(c, load(t, "led-display"), func(f Frame) { frames = append(frames, f) })
	if s.Frames != 2 || s.Alive != 1 || s.Refused != 2 || s.Kinds[hall.KindCall] != 1 || s.Bytes != 28 || s.Told != 18 {
		t.Errorf("%+v", s)
	}
	if len(frames) != 4 || frames[0].At != time.Millisecond || frames[0].Event.Number != "A012" || len(frames[0].Pieces) != 5 {
		t.Fatalf("%+v", frames)
	}
	if frames[1].Refused == "" || string(frames[1].Raw) != "$002," || frames[2].Refused == "" { // the pause ends what began
		t.Errorf("%+v", frames[1:3])
	}
}

// Every capture of every shipped profile is recognised by its own profile, or by one that reads the same frames.
func TestSuggest(t *testing.T) {
	profiles, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"$001,A012#$002,B003#":                             "led-display",
		"\xFF\x68\x06\x06\x68\x01\x01A012\xD6\x16":         "caller-display",
		"CALL,1,A012\r\nALIVE\r\n":                         "line-caller",
		"TICKET,A012,x,3\r\n":                              "dispenser-line",
		"RATE,3,1,17\r\nALIVE,3\r\n":                       "keypad-line",
		"\xAA\x55\x05\x03\x02\x05\x00\x01\x00":             "rating-keypad",
		"\xEE\xB1\x10\x00\x00\x00\x01A012\xFF\xFC\xFF\xFF": "hmi-display",
	} {
		got := Suggest(capture(chunkAt(0, text)), profiles)
		if len(got) == 0 || got[0].Profile.Name() != want || got[0].Score < 0.5 {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := Suggest(capture(chunkAt(0, strings.Repeat("\x00\x7F", 100))), profiles); len(got) != 0 {
		t.Errorf("noise is taken for %s", got[0].Profile.Name())
	}
}

// source is a line that ends a context when it has said everything.
func source(t *testing.T) (Source, *line.Line) {
	t.Helper()
	l, err := line.Open(filepath.Join(t.TempDir(), "port"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return Source{Port: l.Path(), Line: load(t, "led-display").Line()}, l
}

func TestRecordSerial(t *testing.T) {
	s, l := source(t)
	if s.Settings() != "9600 8N1" || s.Name() != l.Path() {
		t.Errorf("%s %s", s.Name(), s.Settings())
	}
	in, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	var b strings.Builder
	w, err := NewWriter(&b, header, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := l.Write([]byte("$001,A012#x$002,B003#")); err != nil {
		t.Fatal(err)
	}
	calls := 0
	sum, err := Record(ctx, RecordOptions{Line: in, To: w, Profile: load(t, "led-display"), Frame: func(f Frame) {
		if f.Event.Kind == hall.KindCall {
			if calls++; calls == 2 {
				cancel()
			}
		}
	}})
	if err != nil || sum.Kinds[hall.KindCall] != 2 || sum.Refused != 1 {
		t.Errorf("%v, %+v", err, sum)
	}
	c, err := Read(strings.NewReader(b.String()))
	if err != nil || c.Bytes() != 21 {
		t.Errorf("%v, %s", err, b.String())
	}
	if err := l.Unplug(true); err != nil {
		t.Fatal(err)
	}
	if _, err := Record(t.Context(), RecordOptions{Line: in, To: w}); err == nil {
		t.Error("a pulled wire is no error")
	}
	if _, err := s.Open(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestRecordTCP(t *testing.T) {
	server, err := sim.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	s := Source{Address: server.Addr()}
	in, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	for late := time.Now().Add(10 * time.Second); server.Connected() == 0 && time.Now().Before(late); {
		<-time.After(time.Millisecond)
	}
	q := sim.NewQueue(sim.Options{Wire: server})
	var b strings.Builder
	w, err := NewWriter(&b, Header{Date: header.Date, Port: s.Name(), Settings: s.Settings()}, 150)
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if err := q.Call(1, "A012"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Record(t.Context(), RecordOptions{Line: in, To: w}); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Record(t.Context(), RecordOptions{Line: in, To: w}); err == nil {
		t.Error("a closed connection is no error")
	}
	if _, err := s.Open(t.Context()); err == nil {
		t.Error("nobody is there")
	}
}

func TestFixture(t *testing.T) {
	dir := t.TempDir()
	p := load(t, "line-caller")
	c := capture(chunkAt(0, "CALL,1,A0"), chunkAt(100, "12\r\nx\n"), Chunk{Sent: true, Data: []byte("no")})
	path, err := Fixture(dir, "hall-7", c, p)
	if err != nil || path != filepath.Join(dir, "line-caller", "hall-7.hex") {
		t.Fatal(path, err)
	}
	got, err := os.ReadFile(path)
	want := "# Recorded 2026-11-24, 9600 8N1.\n# > bytes on the line; then what they must give, or why they are refused.\n\n" +
		"> 43 41 4C 4C 2C 31 2C 41 30\n> 31 32 0D 0A 78 0A\ncall 1 A012\nrefused no message for such a line\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := Fixture(dir, "hall-7", c, p); !errors.Is(err, os.ErrExist) {
		t.Errorf("a fixture is replaced: %v", err)
	}
	for _, name := range []string{"", "../x", "a b", ".x"} {
		if _, err := Fixture(dir, name, c, p); err == nil {
			t.Errorf("name %q", name)
		}
	}
	if _, err := Fixture(dir, "divided", capture(chunkAt(0, "CALL,1,A0"), chunkAt(5_000_000, "12\r\n")), p); err == nil {
		t.Error("a pause inside a frame")
	}
}
