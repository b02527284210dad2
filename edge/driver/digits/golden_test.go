package digits

import (
	"fmt"
	"strings"
	"testing"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2ctest"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"
)

type spiRecord struct{ *spitest.Record }

func (r spiRecord) OpenSPI() (spi.PortCloser, error) { return r.Record, nil }

type i2cPlayback struct{ *i2ctest.Playback }

func (p i2cPlayback) OpenI2C() (i2c.BusCloser, error) { return p.Playback, nil }

// digitsOf lays a number out as a driver does.
func digitsOf(t *testing.T, d *Driver, number string) []Segments {
	t.Helper()
	s, err := d.lay(number)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGoldenMAX7219(t *testing.T) {
	r := spiRecord{&spitest.Record{}}
	d := NewMAX7219(MAX7219Options{Port: r})
	p, err := d.opener.open()
	if err != nil {
		t.Fatal(err)
	}
	if ack, err := p.show(digitsOf(t, d, "A012"), 7); ack || err != nil {
		t.Fatalf("%v, %v", ack, err)
	}
	var got []string
	for _, op := range r.Ops {
		got = append(got, fmt.Sprintf("%X", op.W))
	}
	want := "0F00 0900 0B07 0A0F 016D 0230 037E 0477 0500 0600 0700 0800 0C01"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestGoldenHT16K33(t *testing.T) {
	var ops []i2ctest.IO
	for _, w := range []string{"\x21", "\x81", "\x81", "\xEF", "\xE7", // set-up, half brightness
		"\x00\x77\x00", "\x02\x3F\x00", "\x04\x00\x00", "\x06\x06\x00", "\x08\x5B\x00", "\x0A\x00\x00", "\x0C\x00\x00", "\x0E\x00\x00"} {
		ops = append(ops, i2ctest.IO{Addr: 0x70, W: []byte(w)})
	}
	b := i2cPlayback{&i2ctest.Playback{Ops: ops, DontPanic: true}}
	d := NewHT16K33(HT16K33Options{Bus: b})
	p, err := d.opener.open()
	if err != nil {
		t.Fatal(err)
	}
	if ack, err := p.show(digitsOf(t, d, "A012"), 3); !ack || err != nil {
		t.Fatalf("%v, %v", ack, err)
	}
	if err := p.close(); err != nil { // every step was taken
		t.Error(err)
	}
}
