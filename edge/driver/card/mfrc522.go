package card

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"

	"hallpulse/edge/driver"
)

var _ driver.Driver = (*RFID)(nil)

// Registers and commands of the MFRC522 (NXP, MFRC522 data sheet, chapters 9 and 10).
const (
	regCommand  = 0x01
	regIrq      = 0x04
	regError    = 0x06
	regFIFO     = 0x09
	regLevel    = 0x0A
	regFraming  = 0x0D
	regMode     = 0x11
	regTx       = 0x14
	regASK      = 0x15
	regTMode    = 0x2A
	regPrescale = 0x2B
	regReload   = 0x2C // high, then low
	regVersion  = 0x37

	cmdIdle       = 0x00
	cmdTransceive = 0x0C
	cmdReset      = 0x0F
)

// Commands to a card (ISO/IEC 14443-3).
const (
	reqa    = 0x26
	sel1    = 0x93
	sel2    = 0x95
	whole   = 0x20 // anticollision of all bits
	pickAll = 0x70
	cascade = 0x88
)

// Times of the reader.
const (
	askEvery    = 150 * time.Millisecond
	answerLimit = 60 * time.Millisecond
	silence     = 5 * time.Second
	spiSpeed    = physic.MegaHertz
)

// Errors of the reader.
var (
	errNoReader = errors.New("no MFRC522 answers on this port")
	errNoCard   = errors.New("no card")
	errCheck    = errors.New("the card's number is damaged")
)

// RFIDOptions of a reader.
type RFIDOptions struct {
	Options
	Port driver.SPIOpener
}

// RFID reads an MFRC522.
type RFID struct {
	o    RFIDOptions
	desk desk
}

// NewRFID prepares a driver; it opens nothing.
func NewRFID(o RFIDOptions) *RFID { return &RFID{o, newDesk(o.Options)} }

// Expect says how a reader shows that it lives: its version is asked for all the time.
func (d *RFID) Expect() driver.Expect { return driver.Expect{Silence: silence} }

// Run asks for cards until ctx ends or the reader fails.
func (d *RFID) Run(ctx context.Context, out driver.Sink) error {
	p, err := d.o.Port.OpenSPI()
	if err != nil {
		return fmt.Errorf("card: %w", err)
	}
	defer func() { _ = p.Close() }()
	c, err := p.Connect(spiSpeed, spi.Mode0, 8)
	if err != nil {
		return fmt.Errorf("card: %w", err)
	}
	r := &reader{c: c}
	if err := r.begin(); err != nil {
		return fmt.Errorf("card: %w", err)
	}
	out.Opened()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if err := d.ask(ctx, r, out); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("card: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// ask looks once whether a card is there.
func (d *RFID) ask(ctx context.Context, r *reader, out driver.Sink) error {
	if err := r.alive(); err != nil {
		return err
	}
	out.Seen()
	uid, err := r.card()
	switch {
	case errors.Is(err, errNoCard):
		return nil
	case errors.Is(err, errCheck):
		out.Refused(err.Error(), uid)
		return nil
	case err != nil:
		return err
	}
	return d.desk.shown(ctx, strings.ToUpper(hex.EncodeToString(uid)), uid, time.Now(), out)
}

// reader is the chip on its port.
type reader struct{ c spi.Conn }

func (r *reader) set(reg, v byte) error {
	if err := r.c.Tx([]byte{reg << 1, v}, make([]byte, 2)); err != nil {
		return fmt.Errorf("write 0x%02X: %w", reg, err)
	}
	return nil
}

func (r *reader) get(reg byte) (byte, error) {
	in := make([]byte, 2)
	if err := r.c.Tx([]byte{reg<<1 | 0x80, 0}, in); err != nil {
		return 0, fmt.Errorf("read 0x%02X: %w", reg, err)
	}
	return in[1], nil
}

// begin resets the chip and switches its field on.
func (r *reader) begin() error {
	if err := r.set(regCommand, cmdReset); err != nil {
		return err
	}
	if err := r.alive(); err != nil {
		return err
	}
	for _, s := range [][2]byte{
		{regTMode, 0x80}, {regPrescale, 0xA9}, {regReload, 0x03}, {regReload + 1, 0xE8}, // 25 ms
		{regASK, 0x40}, {regMode, 0x3D}, {regTx, 0x83},
	} {
		if err := r.set(s[0], s[1]); err != nil {
			return err
		}
	}
	return nil
}

// alive asks for the version: 0x91 and 0x92 are the maker's, 0x88 and 0xB2 those of copies.
func (r *reader) alive() error {
	v, err := r.get(regVersion)
	if err != nil {
		return err
	}
	switch v {
	case 0x91, 0x92, 0x88, 0xB2, 0x90:
		return nil
	}
	return fmt.Errorf("%w: version 0x%02X", errNoReader, v)
}

// card gives the number of a card in the field, 4 or 7 bytes.
func (r *reader) card() ([]byte, error) {
	if _, err := r.exchange([]byte{reqa}, 7); err != nil {
		return nil, err
	}
	first, err := r.number(sel1)
	if err != nil || first[0] != cascade {
		return first, err
	}
	pick := append([]byte{sel1, pickAll, cascade}, first[1:]...)
	pick = append(pick, cascade^first[1]^first[2]^first[3])
	if _, err := r.exchange(withCRC(pick), 0); err != nil {
		return nil, err
	}
	second, err := r.number(sel2)
	if err != nil {
		return second, err
	}
	return append(first[1:], second...), nil
}

// number asks for four bytes of the number and checks them.
func (r *reader) number(level byte) ([]byte, error) {
	b, err := r.exchange([]byte{level, whole}, 0)
	if err != nil {
		return nil, err
	}
	if len(b) != 5 || b[0]^b[1]^b[2]^b[3] != b[4] {
		return b, errCheck
	}
	return b[:4:4], nil
}

// exchange sends to a card and gives its answer. bits of the last byte are sent, 0: all.
func (r *reader) exchange(out []byte, bits byte) ([]byte, error) {
	for _, s := range [][2]byte{{regCommand, cmdIdle}, {regIrq, 0x7F}, {regLevel, 0x80}} {
		if err := r.set(s[0], s[1]); err != nil {
			return nil, err
		}
	}
	for _, b := range out {
		if err := r.set(regFIFO, b); err != nil {
			return nil, err
		}
	}
	if err := r.set(regCommand, cmdTransceive); err != nil {
		return nil, err
	}
	if err := r.set(regFraming, 0x80|bits); err != nil {
		return nil, err
	}
	if err := r.answered(); err != nil {
		return nil, err
	}
	if e, err := r.get(regError); err != nil || e&0x1B != 0 { // overflow, collision, parity, protocol
		return nil, errors.Join(err, errNoCard)
	}
	n, err := r.get(regLevel)
	if err != nil {
		return nil, err
	}
	in := make([]byte, min(n, 64))
	for i := range in {
		if in[i], err = r.get(regFIFO); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// answered waits for the card or the chip's own timer.
func (r *reader) answered() error {
	for late := time.Now().Add(answerLimit); ; {
		irq, err := r.get(regIrq)
		switch {
		case err != nil:
			return err
		case irq&0x30 != 0: // received, idle
			return nil
		case irq&0x01 != 0 || time.Now().After(late):
			return errNoCard
		}
		<-time.After(time.Millisecond)
	}
}

// withCRC appends CRC_A (ISO/IEC 14443-3, annex B).
func withCRC(b []byte) []byte {
	crc := uint16(0x6363)
	for _, x := range b {
		x ^= byte(crc)
		x ^= x << 4
		crc = crc>>8 ^ uint16(x)<<8 ^ uint16(x)<<3 ^ uint16(x)>>4
	}
	return append(b, byte(crc), byte(crc>>8))
}
