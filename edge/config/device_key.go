package config

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// The drivers of keys and cards.
const (
	EvdevKeypad   Driver = "evdev-keypad"
	GPIOButtons   Driver = "gpio-buttons"
	RatingPager   Driver = "rating-page"
	WiegandReader Driver = "wiegand"
	MFRC522Reader Driver = "mfrc522"
)

// KeyBlocks are the option blocks of keys and cards.
type KeyBlocks struct {
	Input   *Input            `yaml:"input"`
	Buttons *Buttons          `yaml:"buttons"`
	Wiegand *Wiegand          `yaml:"wiegand"`
	RFID    *RFID             `yaml:"rfid"`
	Cards   map[string]string `yaml:"cards" conf:"max=2000"` // staff number by card number, as the reader tells it
}

func (b *KeyBlocks) blocks() []block {
	return []block{{"input", b.Input != nil}, {"buttons", b.Buttons != nil}, {"wiegand", b.Wiegand != nil}, {"rfid", b.RFID != nil}, {"cards", b.Cards != nil}}
}

// Input is a USB keypad of the kind that types.
type Input struct {
	Path string      `yaml:"path" conf:"required,max=256"` // /dev/input/by-id/…-event-kbd; for two alike /dev/input/by-path/…
	Keys map[int]int `yaml:"keys" conf:"max=32"`           // level by key code; empty: 1 to 5
}

// Buttons are push buttons on lines of the gateway.
type Buttons struct {
	Pins     []string      `yaml:"pins" conf:"required,min=1,max=8"` // of level 1, 2 …
	Levels   []int         `yaml:"levels" conf:"max=8"`              // of the pins, where they are not 1, 2 …
	Pressed  string        `yaml:"pressed" conf:"oneof=low|high"`
	Debounce time.Duration `yaml:"debounce" conf:"min=5ms,max=200ms"`
}

// Defaults are those of buttons to ground.
func (b *Buttons) Defaults() { *b = Buttons{Pressed: "low", Debounce: 30 * time.Millisecond} }

// Wiegand is a card reader on two lines.
type Wiegand struct {
	D0 string `yaml:"d0" conf:"required"`
	D1 string `yaml:"d1" conf:"required"`
}

// RFID is an MFRC522 card reader.
type RFID struct {
	SPI string `yaml:"spi" conf:"max=64"` // port, e.g. SPI0.0; empty: the machine's first
}

func keyDrivers() map[Driver]Uses {
	return map[Driver]Uses{
		EvdevKeypad:   {Family: hall.Keypad, Required: []string{"input"}, Window: true},
		GPIOButtons:   {Family: hall.Keypad, Required: []string{"buttons"}, Window: true},
		RatingPager:   {Family: hall.Keypad, Window: true},
		WiegandReader: {Family: hall.Attendance, Required: []string{"wiegand"}, Optional: []string{"cards"}},
		MFRC522Reader: {Family: hall.Attendance, Optional: []string{"rfid", "cards"}},
	}
}

var (
	textLevel      = hall.Text{ZH: "评价等级为 1 到 5", EN: "a level is 1 to 5"}
	textKeyCode    = hall.Text{ZH: "按键编号为 1 到 767", EN: "a key code is 1 to 767"}
	textLevelCount = hall.Text{ZH: "数量须与 pins 相同", EN: "as many as pins"}
	textNoRating   = hall.Text{ZH: "需要顶层的 rating，说明评价页面在哪里", EN: "needs rating at the top, which says where the page is"}
	textCard       = hall.Text{ZH: "卡号为数字或十六进制，员工号不能为空", EN: "a card number is decimal or hexadecimal, and a staff number is not empty"}
)

// maxKeyCode is KEY_MAX of the kernel.
const maxKeyCode = 0x2FF

func (k *checker) key(path string, d *Device) {
	if i := d.Input; i != nil {
		k.unique(path+".input.path", "input", i.Path)
		for _, code := range slices.Sorted(maps.Keys(i.Keys)) {
			at := path + ".input.keys." + strconv.Itoa(code)
			if code < 1 || code > maxKeyCode {
				k.fail(at, textKeyCode, hall.Text{})
			} else if l := i.Keys[code]; l < 1 || l > 5 {
				k.fail(at, textLevel, hall.Text{})
			}
		}
	}
	if b := d.Buttons; b != nil {
		k.buttons(path+".buttons", b)
	}
	if w := d.Wiegand; w != nil {
		k.unique(path+".wiegand.d0", "pin", w.D0)
		k.unique(path+".wiegand.d1", "pin", w.D1)
	}
	if d.Driver == MFRC522Reader {
		var port string // empty: the machine's first
		if d.RFID != nil {
			port = d.RFID.SPI
		}
		k.unique(path+".rfid.spi", "spi", "port "+busName(port))
	}
	for _, card := range slices.Sorted(maps.Keys(d.Cards)) {
		if !validCard(card) || d.Cards[card] == "" || len(d.Cards[card]) > maxID {
			k.fail(path+".cards."+card, textCard, hall.Text{})
		}
	}
	if d.Driver == RatingPager && k.c.Rating == nil && !k.doc.Has("rating") {
		k.fail(path, textNoRating, conf.Say(textAdd, `rating: {listen: "0.0.0.0:8390", url: "http://…"}`))
	}
}

func (k *checker) buttons(path string, b *Buttons) {
	for _, pin := range b.Pins {
		k.unique(path+".pins", "pin", pin)
	}
	if len(b.Levels) > 0 && len(b.Levels) != len(b.Pins) {
		k.fail(path+".levels", textLevelCount, hall.Text{})
	}
	for _, l := range b.Levels {
		if l < 1 || l > 5 {
			k.fail(path+".levels", textLevel, hall.Text{})
			return
		}
	}
	if len(b.Levels) == 0 && len(b.Pins) > 5 {
		k.fail(path+".pins", textLevel, hall.Text{})
	}
}

func validCard(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// Rating is where visitors' telephones open the page of a window.
type Rating struct {
	Listen string `yaml:"listen"`                      // host:port
	URL    string `yaml:"url" conf:"required,max=200"` // as telephones reach it: http://192.168.1.5:8390
}

// DefaultRating is reached from the gateway alone.
const DefaultRating = "127.0.0.1:8390"

// Defaults keep the page on this machine.
func (r *Rating) Defaults() { r.Listen = DefaultRating }

func (k *checker) rating() {
	if r := k.c.Rating; r != nil {
		k.listen("rating.listen", r.Listen)
		k.url("rating.url", r.URL, "http", "https")
	}
}
