package agent

import (
	"time"

	"hallpulse/edge/config"
	"hallpulse/edge/driver/card"
	"hallpulse/edge/driver/keypad"
	"hallpulse/edge/ratingpage"
	"hallpulse/hall"
)

func keyFamilies() map[config.Driver]constructor {
	return map[config.Driver]constructor{
		config.EvdevKeypad: newEvdev, config.GPIOButtons: newButtons, config.RatingPager: newPage, config.WiegandReader: newWiegand, config.MFRC522Reader: newRFID,
	}
}

func newEvdev(a *Agent, d *config.Device, _ *prepared) built {
	o := keypad.EvdevOptions{Input: a.opts.Input(*d.Input), Window: d.Window}
	if len(d.Input.Keys) > 0 {
		o.Keys = map[uint16]int{}
	}
	for code, level := range d.Input.Keys {
		o.Keys[uint16(code)] = level
	}
	return keypad.NewEvdev(o)
}

func newButtons(a *Agent, d *config.Device, _ *prepared) built {
	c := d.Buttons
	return keypad.NewButtons(keypad.ButtonsOptions{Edges: a.opts.Edges, Lines: c.Pins, Levels: c.Levels, Window: d.Window, High: c.Pressed == "high", Debounce: c.Debounce})
}

// newPage gives a window a page for visitors' telephones.
func newPage(a *Agent, d *config.Device, _ *prepared) built {
	p := keypad.NewPage(d.Window)
	point := ratingpage.Point{Key: string(d.ID), Rater: p}
	for _, w := range a.cfg.Windows {
		if w.ID == d.Window {
			point.Window = w.Name
		}
	}
	a.pages = append(a.pages, point)
	return p
}

// cards gives what card readers have in common.
func (a *Agent) cards(d *config.Device) card.Options {
	o := card.Options{Reader: string(d.ID), Cards: map[string]hall.StaffNo{}, Now: func() time.Time { return a.clock.Now().Wall }}
	for number, staff := range d.Cards {
		o.Cards[number] = hall.StaffNo(staff)
	}
	return o
}

func newWiegand(a *Agent, d *config.Device, _ *prepared) built {
	return card.NewWiegand(card.WiegandOptions{Options: a.cards(d), Edges: a.opts.Edges, D0: d.Wiegand.D0, D1: d.Wiegand.D1})
}

func newRFID(a *Agent, d *config.Device, _ *prepared) built {
	port := ""
	if d.RFID != nil {
		port = d.RFID.SPI
	}
	return card.NewRFID(card.RFIDOptions{Options: a.cards(d), Port: a.spi(port)})
}
