package county

import (
	"context"
	"fmt"
	"time"

	"hallpulse/edge/simulator/frigate"
	"hallpulse/edge/simulator/input"
	"hallpulse/edge/simulator/lines"
	"hallpulse/edge/simulator/onvif"
	"hallpulse/edge/simulator/rfid"
)

// keys shows a USB keypad, push buttons and the page for telephones, at the station's window.
func (x *exhibits) keys() {
	k := input.New()
	x.h.board.input = k
	x.add("usb-keypad", "name: {zh: USB 评价器, en: USB keypad}, driver: evdev-keypad, window: w1, input: {path: /dev/input/by-id/usb-keypad-event-kbd}",
		every(15*time.Second, func(_ context.Context, n int) { k.Press([]uint16{76, 75, 81}[n%3], 0) }))
	c := lines.New("B1", "B3", "B5")
	x.h.board.edges = c
	x.add("buttons", "name: {zh: 三键评价器, en: Three buttons}, driver: gpio-buttons, window: w1, buttons: {pins: [B1, B3, B5], levels: [1, 3, 5]}",
		every(15*time.Second, func(_ context.Context, n int) { c.Press([]string{"B5", "B3"}[n%2], 150*time.Millisecond, 3) }))
	x.add("rating-page", "name: {zh: 扫码评价, en: Rating by QR code}, driver: rating-page, window: w1")
	x.rating = true
}

// cards shows a Wiegand reader and an MFRC522 at the station's door.
func (x *exhibits) cards() {
	c := lines.New("D0", "D1")
	x.h.board.edges = c
	x.add("wiegand", "name: {zh: 门口读卡器, en: Card reader}, driver: wiegand, wiegand: {d0: D0, d1: D1}, cards: {8065495: \"9101\"}",
		every(15*time.Second, func(_ context.Context, _ int) { c.Wiegand("D0", "D1", "10111101100010001110101110") }))
	r := rfid.New()
	x.h.board.spi = r
	x.add("rfid", "name: {zh: 台面读卡器, en: Card reader at the desk}, driver: mfrc522, cards: {04A1B2C3: \"9102\"}",
		every(6*time.Second, func(_ context.Context, n int) {
			if r.Hold(nil); n%3 == 1 {
				r.Hold([]byte{0x04, 0xA1, 0xB2, 0xC3})
			}
		}))
}

// onvif shows a camera that tells events, and one that counts who goes by.
func (x *exhibits) onvif() error {
	eye, err := onvif.New(onvif.Options{Username: "hall", Password: cameraPassword})
	if err != nil {
		return err
	}
	count, err := onvif.New(onvif.Options{Username: "hall", Password: cameraPassword})
	if err != nil {
		return err
	}
	x.h.closers = append(x.h.closers, eye.Close, count.Close)
	login := fmt.Sprintf("username: hall, password: %s, pull: 10s", cameraPassword)
	x.add("eye", fmt.Sprintf("name: {zh: 咨询区摄像头, en: Camera at the desk}, driver: onvif-camera, zone: waiting, onvif: {url: %q, %s}", eye.URL(), login),
		both(eye.Run, every(10*time.Second, func(_ context.Context, n int) { eye.Motion(n%3 != 0) })))
	x.add("gate", fmt.Sprintf("name: {zh: 办公区计数摄像头, en: Counting camera}, driver: onvif-counter, zone: office, onvif: {url: %q, counters: {enter: in, leave: out}, %s}", count.URL(), login),
		both(count.Run, every(25*time.Second, func(_ context.Context, n int) { count.Count([]string{"enter", "leave"}[n%2], 1) })))
	return nil
}

// frigate shows a camera of a video recorder that counts the people whom it sees.
func (x *exhibits) frigate() {
	f := frigate.New(frigate.Options{Broker: x.client, Stats: 10 * time.Second})
	x.add("recorder", "name: {zh: 录像机人数, en: People by the recorder}, driver: frigate-camera, zone: counters, frigate: {camera: hall_cam, stats_interval: 10s}",
		both(f.Run, every(15*time.Second, func(ctx context.Context, n int) {
			if n%4 < 2 {
				_ = f.Enter(ctx, "hall_cam", "", 1)
			} else {
				_ = f.Leave(ctx, "hall_cam", "", 1)
			}
		})))
}
