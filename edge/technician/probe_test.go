package technician

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/onvif"
)

// machine makes a file system with hardware.
func machine(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	file := func(path, text string) {
		t.Helper()
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(path, target string) {
		t.Helper()
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, full); err != nil {
			t.Fatal(err)
		}
	}
	file("sys/devices/usb1/product", "USB Serial\n")
	file("sys/devices/usb1/manufacturer", "QinHeng's\n")
	file("sys/devices/usb1/if0/ttyUSB0/x", "")
	link("sys/class/tty/ttyUSB0/device", filepath.Join(root, "sys/devices/usb1/if0/ttyUSB0"))
	file("sys/class/tty/ttyS0/device/x", "")
	file("sys/class/tty/ttyS0/type", "4\n")
	file("sys/class/tty/ttyS1/device/x", "")
	file("sys/class/tty/ttyS1/type", "0\n")
	file("sys/class/tty/ttyACM0/device/x", "")
	link("dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "../../ttyUSB0")
	link("dev/input/by-id/usb-SIGMACHIP_Keypad-event-kbd", "../event3")
	link("dev/input/by-id/usb-Mouse-event-mouse", "../event4")
	link("dev/input/by-id/usb-Mouse-mouse", "../mouse0")
	file("sys/class/input/event3/device/name", "SIGMACHIP USB Keypad\n")
	file("dev/gpiochip0", "")
	file("sys/bus/gpio/devices/gpiochip0/label", "pinctrl-bcm2711\n")
	file("dev/i2c-1", "")
	return root
}

// buses answers at some addresses of bus 1.
func buses(there ...uint16) func(string, uint16) driver.I2COpener {
	return func(bus string, addr uint16) driver.I2COpener {
		return &opener{there: bus == "1" && slices.Contains(there, addr)}
	}
}

type opener struct {
	there bool
	fail  error
}

func (o *opener) OpenI2C() (i2c.BusCloser, error) {
	if o.fail != nil {
		return nil, o.fail
	}
	return o, nil
}

func (o *opener) Tx(_ uint16, w, r []byte) error {
	if len(w) > 0 || len(r) != 1 {
		return errors.New("a probe writes")
	}
	if !o.there {
		return errors.New("no answer")
	}
	return nil
}

func (o *opener) String() string                  { return "bus" }
func (o *opener) SetSpeed(physic.Frequency) error { return nil }
func (o *opener) Close() error                    { return nil }

// find gives the finding at a place.
func find(t *testing.T, found []Finding, where string) Finding {
	t.Helper()
	for _, f := range found {
		if strings.Contains(f.Where, where) {
			return f
		}
	}
	t.Fatalf("nothing at %s in %+v", where, found)
	return Finding{}
}

// accepted checks that every block that is proposed can be put into a hall.yaml.
func accepted(t *testing.T, found []Finding) {
	t.Helper()
	for _, f := range found {
		if f.Block == "" {
			continue
		}
		if err := Accepted(f.Block); err != nil {
			t.Errorf("%s: %v\n%s", f.Where, err, f.Block)
		}
	}
}

func TestProbeOfAMachine(t *testing.T) {
	found, failed := Probe(t.Context(), Options{Files: true, Root: machine(t), I2C: buses(0x62, 0x76, 0x70)})
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	accepted(t, found)
	usb := find(t, found, "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0")
	if usb.What != "QinHeng's USB Serial" || !strings.Contains(usb.Block, "'/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0'") || usb.Kind != SerialPort {
		t.Errorf("%+v", usb)
	}
	if f := find(t, found, "/dev/ttyACM0"); !strings.Contains(f.Note.EN, "number may change") {
		t.Errorf("%+v", f)
	}
	find(t, found, "/dev/ttyS0")
	if slices.ContainsFunc(found, func(f Finding) bool { return strings.Contains(f.Where, "ttyS1") || strings.Contains(f.Where, "mouse0") }) {
		t.Errorf("%+v", found)
	}
	if f := find(t, found, "Keypad-event-kbd"); f.What != "SIGMACHIP USB Keypad" {
		t.Errorf("%+v", f)
	}
	if f := find(t, found, "/dev/gpiochip0"); f.What != "pinctrl-bcm2711" || f.Block == "" {
		t.Errorf("%+v", f)
	}
	for where, what := range map[string]string{"I2C 1 0x62": "SCD40 / SCD41", "I2C 1 0x76": "BME280", "I2C 1 0x70": "HT16K33"} {
		if f := find(t, found, where); f.What != what || f.Block == "" {
			t.Errorf("%+v", f)
		}
	}
}

func TestProbeOfEveryAddress(t *testing.T) {
	found, failed := Probe(t.Context(), Options{Root: machine(t), I2C: buses(0x08, 0x44, 0x77), AllI2C: true})
	if len(found) != 3 || len(failed) > 0 || found[0].Where != "I2C 1 0x08" || found[0].Block != "" || found[1].Block == "" {
		t.Errorf("%+v %v", found, failed)
	}
}

// Every chip that there is a driver for has a block.
func TestChipsHaveBlocks(t *testing.T) {
	without := []string{"MLX90640"}
	for _, c := range chips() {
		if f := c.finding("1"); (f.Block == "") != slices.Contains(without, c.what) {
			t.Errorf("%s: block %q", c.what, f.Block)
		}
	}
}

func TestProbeOfAnEmptyMachine(t *testing.T) {
	if found, failed := Probe(t.Context(), Options{Files: true, Root: t.TempDir(), I2C: buses()}); len(found)+len(failed) > 0 {
		t.Errorf("%+v %v", found, failed)
	}
}

func TestProbeWithoutPermission(t *testing.T) {
	_, failed := Probe(t.Context(), Options{Root: machine(t), I2C: func(string, uint16) driver.I2COpener { return &opener{fail: fs.ErrPermission} }})
	if len(failed) != 1 || !errors.Is(failed[0], fs.ErrPermission) || failed[0].Kind != I2CDevice {
		t.Errorf("%v", failed)
	}
}

const matchOf = `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsdd="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<SOAP-ENV:Body><wsdd:ProbeMatches><wsdd:ProbeMatch><wsdd:Types>dn:NetworkVideoTransmitter</wsdd:Types>
<wsdd:Scopes>onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/IPC-B12 onvif://www.onvif.org/Profile/Streaming</wsdd:Scopes>
<wsdd:XAddrs>http://192.0.2.20/onvif/device_service http://[fe80::1]/onvif/device_service</wsdd:XAddrs></wsdd:ProbeMatch></wsdd:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`

// A network with one camera that answers twice, and somebody who answers nonsense.
func TestProbeOfCameras(t *testing.T) {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	go func() {
		buf := make([]byte, 4096)
		n, from, err := c.ReadFrom(buf)
		for _, answer := range []string{matchOf, "nonsense", matchOf} {
			if err == nil {
				_, err = c.WriteTo([]byte(answer), from)
			}
		}
		done <- string(buf[:n])
	}()
	found, failed := Probe(t.Context(), Options{Cameras: c.LocalAddr().String(), Wait: 300 * time.Millisecond})
	asked := <-done
	if err := c.Close(); err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	if !strings.Contains(asked, "NetworkVideoTransmitter") || !strings.Contains(asked, "urn:uuid:") {
		t.Errorf("asked %s", asked)
	}
	accepted(t, found)
	if len(found) != 1 || found[0].What != "Front door IPC-B12" || !strings.Contains(found[0].Where, "192.0.2.20") || found[0].Block == "" {
		t.Errorf("%+v", found)
	}
}

// FuzzCamera: whatever a camera says of itself, the block that is proposed is one that a configuration may have.
func FuzzCamera(f *testing.F) {
	f.Add("http://192.0.2.20/onvif/device_service", "Front door", "IPC-B12")
	f.Add("http://[fe80::1]/onvif/device_service", "", "a'b: {")
	f.Fuzz(func(t *testing.T, address, name, hardware string) {
		if found, ok := camera(onvif.Found{URL: address, Name: name, Hardware: hardware}); ok {
			accepted(t, []Finding{found})
		}
	})
}

func TestProbeOfTerminals(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { // terminals try until somebody listens
		defer cancel()
		for _, path := range []string{"/iclock/cdata?SN=CEXA000000001&options=all", "/iclock/getrequest?SN=CEXA000000001", "/iclock/cdata?SN=CEXA'2", "/?SN=x", "/iclock/cdata"} {
			var err error
			for range 5000 {
				var r *http.Response
				if r, err = http.Post("http://"+at+path, "text/plain", strings.NewReader("1\t2026-11-24 09:00:00\t0\t1\n")); err == nil {
					if r.StatusCode != http.StatusServiceUnavailable {
						err = fmt.Errorf("%s: %s", path, r.Status)
					}
					_ = r.Body.Close()
					break
				}
				<-time.After(time.Millisecond)
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	found, failed := Probe(ctx, Options{Terminals: at, Wait: time.Minute})
	if err := <-done; err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	http.DefaultClient.CloseIdleConnections()
	accepted(t, found)
	if len(found) != 2 || found[0].What != "CEXA000000001" || found[0].Where != "127.0.0.1" || found[0].Block == "" || found[1].Block != "" {
		t.Errorf("%+v", found)
	}
}

// retained is a broker that has messages.
type retained []driver.Message

func (r retained) Subscribe(ctx context.Context, _ []string, connected func(), handle func(driver.Message)) error {
	connected()
	for _, m := range r {
		handle(m)
	}
	<-ctx.Done()
	return nil
}

func (r retained) Publish(context.Context, string, []byte, bool) error {
	return errors.New("a probe publishes")
}

func TestProbeOfTopics(t *testing.T) {
	found, failed := Probe(t.Context(), Options{Wait: 50 * time.Millisecond, Broker: retained{
		{Topic: "zigbee2mqtt/waiting-pir/availability", Payload: []byte(`{"state":"online"}`)},
		{Topic: "zigbee2mqtt/floor1/door 'x'/availability", Payload: []byte("offline")},
		{Topic: "tele/lights/LWT", Payload: []byte("Online")}, {Topic: "plug/tele/LWT", Payload: []byte("Offline")},
		{Topic: "co2-node/status", Payload: []byte("online")}, {Topic: "homeassistant/status", Payload: []byte("online")},
		{Topic: "x/status", Payload: []byte("something else")},
	}})
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	accepted(t, found)
	if len(found) != 5 {
		t.Errorf("%d findings: %+v", len(found), found)
	}
	if f := find(t, found, "waiting-pir"); f.What != "online" || !strings.Contains(f.Block, "device: 'waiting-pir'") {
		t.Errorf("%+v", f)
	}
	for _, where := range []string{"tele/lights", "plug/tele", "co2-node"} {
		if f := find(t, found, where); f.Block == "" {
			t.Errorf("no block for %+v", f)
		}
	}
}

func TestIDs(t *testing.T) {
	for words, want := range map[string]string{"USB Serial_0": "usb-serial-0", "": "device", "厅": "device", "--a--": "a", strings.Repeat("ab ", 40): strings.TrimSuffix(strings.Repeat("ab-", 13)+"a", "-")} {
		if got := id(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
