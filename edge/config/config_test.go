package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

var update = flag.Bool("update", false, "write the expected messages of the fixtures again")

const good = "testdata/good.yaml"

func TestGood(t *testing.T) {
	c, err := Load(good)
	if err != nil {
		t.Fatal(err)
	}
	display := Device{
		ID: "display-1", Name: hall.Text{ZH: "display-1"}, Family: hall.Display, Driver: SerialDisplay, Window: "w1",
		Silence: 30 * time.Second, Serial: &Serial{Port: "/dev/ttyS1", Baud: 19200, DataBits: 8, Parity: "even", StopBits: "2"},
		Profile: filepath.Join("testdata", "profiles/led.yaml"), Addresses: map[int]hall.WindowID{1: "w1", 0x10: "w2"},
	}
	if !reflect.DeepEqual(c.Devices[0], display) {
		t.Errorf("got  %+v\nwant %+v", c.Devices[0], display)
	}
	if k := c.Devices[2]; k.Profile != "rating-keypad" || *k.Serial != (Serial{"/dev/ttyS3", 9600, 8, "none", "1"}) {
		t.Errorf("keypad %+v %+v", k, k.Serial)
	}
	if p, ok := c.Devices[3].Zkteco.Prefix(); !ok || p.String() != "192.168.1.0/24" {
		t.Errorf("believed from %v", p)
	}
	if z := c.Devices[3].Zkteco; z.Serial != "CEXA000000001" || z.TimeZone != "Asia/Urumqi" {
		t.Errorf("terminal %+v", z)
	}
	want := Camera{}
	want.Defaults()
	want.Snapshot, want.Username, want.Password, want.Interval = "http://192.0.2.20/s.jpg", "hall", "hunter2", 5*time.Second
	if got := *c.Devices[4].Camera; got != want {
		t.Errorf("camera %+v", got)
	}
	if b := *c.Devices[5].Beam; b != (Beam{"GPIO17", "GPIO27", "high", "waiting"}) {
		t.Errorf("beam %+v", b)
	}
	if c.Hub.URL().String() != "mqtts://hub.example.gov.cn:8883" || c.Hub.Credential.Reveal() != "secret-of-the-hall" {
		t.Errorf("hub %+v", c.Hub)
	}
	if c.Panel.Listen != DefaultPanel || c.Journal != (Journal{64 << 20, 3}) {
		t.Errorf("%+v %+v %+v", c.Panel, c.Journal, c.Attendance)
	}
	if got := c.Terminals(); !reflect.DeepEqual(got, map[string]hall.DeviceID{"CEXA000000001": "terminal"}) {
		t.Errorf("terminals %v", got)
	}
	if c.Location().String() != "Asia/Urumqi" {
		t.Errorf("location %v", c.Location())
	}
}

func TestDescription(t *testing.T) {
	c, err := Load(good)
	if err != nil {
		t.Fatal(err)
	}
	h := c.Description()
	if h.ID != "chengguan" || h.Kind != hall.Station || len(h.Zones) != 2 || len(h.Windows) != 2 || len(h.Categories) != 2 {
		t.Errorf("got %+v", h)
	}
	door := hall.Device{ID: "door", Name: hall.Text{ZH: "大门"}, Family: hall.Occupancy, Zone: "waiting"}
	if len(h.Devices) != 6 || h.Devices[5] != door {
		t.Errorf("got %+v", h.Devices)
	}
}

func TestTheLeastConfiguration(t *testing.T) {
	c, err := Parse("hall.yaml", []byte("hall: {id: a, name: {zh: 厅}, township: {zh: 镇}}"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Hub != nil || c.DataDir != DefaultDataDir || c.Hall.Kind != hall.Center || c.Attendance.Listen != DefaultAttendance {
		t.Errorf("got %+v", c)
	}
}

func TestExample(t *testing.T) {
	c, err := Load("../../deploy/examples/hall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	drivers := map[Driver]bool{}
	for _, d := range c.Devices {
		drivers[d.Driver] = true
	}
	if len(drivers) != len(Drivers()) {
		t.Errorf("the example shows %d drivers of %d", len(drivers), len(Drivers()))
	}
}

// Each file testdata/bad/x.yaml has one mistake; x.txt is the message it must give.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := Load(file)
			var problems conf.Errors
			if !errors.As(err, &problems) {
				t.Fatalf("error %v", err)
			}
			got := filepath.ToSlash(problems.Error()) + "\n"
			expected := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(expected, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a secret is shown")
			}
		})
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	_, err := Parse("hall.yaml", []byte(`
hall: {id: Ä, nam: {zh: x}}
hub: {broker: http://x, credentail: hunter2}
devices:
  - {id: a, driver: serial-displai}
  - {id: a, driver: beam-pair, serial: {port: /dev/ttyS1, baud: fast}}
`))
	var problems conf.Errors
	if !errors.As(err, &problems) || len(problems) != 13 || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%d problems:\n%v", len(problems), err)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	if _, err := Load("testdata/nowhere.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0B": 0, "64MiB": 64 << 20, "2GB": 2e9, "1 KiB": 1024, "7B": 7, "1TiB": 1 << 40} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%s: %d, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "12", "MiB", "-1B", "1.5GiB", "99999999TiB", "1EB"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q gave %d", text, s)
		}
	}
	for s, want := range map[Size]string{0: "0B", 1000: "1000B", 1024: "1KiB", 16 << 20: "16MiB", 3 << 30: "3GiB"} {
		if s.String() != want {
			t.Errorf("got %s, want %s", s, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{good, "testdata/bad/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc := conf.Open("hall.yaml", data)
		doc.ReadFile = func(string) ([]byte, error) { return []byte("secret"), nil }
		c, err := parse(doc, "hall.yaml")
		if err != nil {
			return
		}
		h := c.Description()
		if !h.ID.Valid() || len(h.Devices) != len(c.Devices) {
			t.Fatalf("passed: %+v", c)
		}
	})
}
