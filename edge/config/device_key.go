package config

// KeyBlocks are the option blocks of keys and cards.
type KeyBlocks struct {
	Input      *Input      `yaml:"input"`
	Buttons    *Buttons    `yaml:"buttons"`
	Wiegand    *Wiegand    `yaml:"wiegand"`
	RFID       *RFID       `yaml:"rfid"`
	RatingPage *RatingPage `yaml:"rating_page"`
}

func (b *KeyBlocks) blocks() []block {
	return []block{{"input", b.Input != nil}, {"buttons", b.Buttons != nil}, {"wiegand", b.Wiegand != nil}, {"rfid", b.RFID != nil}, {"rating_page", b.RatingPage != nil}}
}

// Input is not described yet.
type Input struct{}

// Buttons is not described yet.
type Buttons struct{}

// Wiegand is not described yet.
type Wiegand struct{}

// RFID is not described yet.
type RFID struct{}

// RatingPage is not described yet.
type RatingPage struct{}

func keyDrivers() map[Driver]Uses { return nil }

func (k *checker) key(_ string, _ *Device) {}
