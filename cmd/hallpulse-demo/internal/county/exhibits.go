package county

import (
	"context"
	"fmt"
	"math"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/edge/driver/mqttdevice"
	"hallpulse/edge/simulator/air"
	"hallpulse/edge/simulator/contacts"
	"hallpulse/edge/simulator/digits"
	"hallpulse/edge/simulator/hikvision"
	"hallpulse/edge/simulator/host"
	"hallpulse/edge/simulator/i2c"
	"hallpulse/edge/simulator/mqttdevices"
	"hallpulse/edge/simulator/profiled"
	"hallpulse/edge/simulator/radar"
	"hallpulse/edge/simulator/snmp"
	"hallpulse/edge/simulator/thermal"
	"hallpulse/edge/simulator/tof"
	codec "hallpulse/firmware-bridge/radar"
	"hallpulse/hall"
)

// exhibit gives a hall of the demonstration devices of every family, some in each.
func (h *Hall) exhibit(p *ports, i int) error {
	h.board = &Hardware{pins: map[string]driver.Pins{}, bus: &i2c.Bus{}}
	x := &exhibits{h: h}
	var err error
	if h.Kind == hall.Center {
		err = []func(*exhibits, *ports) error{(*exhibits).first, (*exhibits).second, (*exhibits).third}[i%3](x, p)
	} else {
		err = x.station(i)
	}
	h.extra = x
	return err
}

// first shows air, doors and lights, a kiosk, a printer and Zigbee sensors.
func (x *exhibits) first(p *ports) error {
	x.air("scd4x", 0x62, "空气质量, en: Air quality", "zone: waiting, air: {interval: 5s}")
	x.board("DOOR-BACK", "SMOKE", "LIGHT", "LIGHT-ON")
	x.add("back-door", "name: {zh: 后门, en: Back door}, driver: contact, contact: {pin: DOOR-BACK, kind: door, rest: closed}", every(20*time.Second, func(_ context.Context, n int) {
		_ = x.h.contacts.Close("DOOR-BACK", n%4 != 1, false)
	}))
	x.add("smoke", "name: {zh: 烟感, en: Smoke detector}, driver: contact, contact: {pin: SMOKE, kind: smoke, debounce: 1s}")
	if err := x.h.contacts.Load("LIGHT", "LIGHT-ON", true); err != nil {
		return err
	}
	x.add("lights", "name: {zh: 大厅照明, en: Lights}, driver: relay, relay: {pin: LIGHT, active: low, initial: on, feedback: LIGHT-ON}")
	d := digits.NewTM1637("CLK", "DIO", []int{0, 1, 2, 3})
	x.h.board.pins["CLK"], x.h.board.pins["DIO"] = d, d
	x.add("digits", "name: {zh: 一号窗数码屏, en: Digits of window 1}, driver: tm1637, window: w1, digits: {clock: CLK, data: DIO}")
	if _, err := x.kiosk("kiosk"); err != nil {
		return err
	}
	if err := x.snmp("printer", "自助打印机, en: Self-service printer", func(a *snmp.Agent, n int) { a.Printer(0, 100-n%90) }, ""); err != nil {
		return err
	}
	if err := x.onvif(); err != nil {
		return err
	}
	return x.broker(p, []string{"zigbee2mqtt"}, func(say mqttdevices.Publish) {
		door := mqttdevices.NewZigbee(say, "side-door")
		x.add("side-door", "name: {zh: 侧门门磁, en: Side door}, driver: mqtt-device, mqtt: {kind: zigbee2mqtt, device: side-door}",
			every(10*time.Second, func(ctx context.Context, n int) { _, _ = door.Link(ctx, true, true), door.Door(ctx, n%5 == 2) }))
	})
}

// second shows a thermal counter, a terminal and a counting camera that speak ISAPI, a power supply and a Tasmota plug.
func (x *exhibits) second(p *ports) error {
	x.air("sht", 0x44, "温湿度, en: Climate", "zone: office, air: {model: sht4x}")
	ceiling := thermal.New(7)
	x.h.board.bus.Attach(0x69, ceiling)
	x.add("ceiling", "name: {zh: 窗口区热成像, en: Thermal counter}, driver: amg8833, zone: counters, thermal: {tells: count}", standing(ceiling))
	led := digits.NewHT16K33([]int{0, 1, 3, 4})
	x.h.board.bus.Attach(0x70, led)
	x.add("digits", "name: {zh: 一号窗数码屏, en: Digits of window 1}, driver: ht16k33, window: w1, digits: {columns: [0, 1, 3, 4]}")
	if err := x.isapi(); err != nil {
		return err
	}
	if err := x.snmp("ups", "不间断电源, en: Power supply", func(a *snmp.Agent, n int) { a.UPS(n%30 > 27, 100, 40, 21+n%5) }, ""); err != nil {
		return err
	}
	return x.broker(p, []string{"tele", "stat"}, func(say mqttdevices.Publish) {
		plug := mqttdevices.NewTasmota(say, "kettle")
		x.add("plug", "name: {zh: 饮水机插座, en: Socket of the boiler}, driver: mqtt-device, mqtt: {kind: tasmota, topic: kettle}",
			every(10*time.Second, func(ctx context.Context, n int) {
				_, _ = plug.Link(ctx, true), plug.Tele(ctx, n%3 != 0, float64(n%3)*600, 21.5)
			}))
	})
}

// third shows a time-of-flight counter, a radar that counts, a switch and an ESPHome node.
func (x *exhibits) third(p *ports) error {
	x.air("bme280", 0x76, "气象, en: Climate", "zone: office")
	door := tof.New(0)
	x.h.board.bus.Attach(0x29, door)
	x.add("office-door", "name: {zh: 办公区门口, en: Office door}, driver: vl53l1x, zone: office", every(25*time.Second, func(ctx context.Context, n int) {
		d := hall.In
		if n%2 == 1 {
			d = hall.Out
		}
		_ = door.Passage(ctx, d, 300*time.Millisecond)
	}))
	if err := x.radar("desk", codec.LD2450, "ld2450", "咨询台雷达, en: Radar at the desk", "zone: counters"); err != nil {
		return err
	}
	max := digits.NewMAX7219()
	x.h.board.spi = max
	x.add("digits", "name: {zh: 一号窗数码屏, en: Digits of window 1}, driver: max7219, window: w1")
	if err := x.snmp("switch", "交换机, en: Switch", func(a *snmp.Agent, n int) { a.Switch(map[string]bool{"ge1": true, "ge2": n%12 != 5, "ge3": true}) }, ", ports: [ge1, ge3]"); err != nil {
		return err
	}
	return x.broker(p, []string{"board", "homeassistant", "room", "frigate"}, func(say mqttdevices.Publish) {
		x.frigate()
		node := mqttdevices.NewESPHome(say, "board")
		x.add("board", "name: {zh: 自制传感板, en: Sensor board}, driver: mqtt-device, mqtt: {kind: esphome, node: board, entities: {sensor/co2: carbon_dioxide_ppm}}",
			every(15*time.Second, func(ctx context.Context, n int) {
				_, _ = node.Link(ctx, true), node.State(ctx, "sensor/co2", fmt.Sprint(700+n%40))
			}))
		room := mqttdevices.NewDiscovered(say, "room")
		x.add("room", "name: {zh: 会议室, en: Meeting room}, driver: mqtt-device, mqtt: {kind: homeassistant, device: room}",
			every(15*time.Second, func(ctx context.Context, n int) {
				_, _, _ = room.Describe(ctx, true), room.Link(ctx, true), room.State(ctx, 650+n%20, n%6 == 0)
			}))
	})
}

// station shows one further device in each village.
func (x *exhibits) station(i int) error {
	switch i % 3 {
	case 0:
		x.board("PIR")
		x.add("movement", "name: {zh: 人体感应, en: Movement}, driver: pir, zone: waiting, pir: {pin: PIR, warm_up: 5s}",
			every(15*time.Second, func(_ context.Context, n int) { _ = x.h.contacts.Close("PIR", n%3 != 0, true) }))
	case 1:
		x.cards()
		return x.radar("presence", codec.LD2410, "ld2410", "存在雷达, en: Presence radar", "zone: waiting")
	case 2:
		x.keys()
		l, err := x.h.line("tickets")
		if err != nil {
			return err
		}
		p := profiled.NewTextDispenser(profiled.Options{Wire: l})
		x.add("tickets", fmt.Sprintf("name: {zh: 简易取号机, en: Text dispenser}, driver: profile, profile: dispenser-line, serial: {port: %q}", x.h.port("tickets")), run(p.Run))
	}
	return nil
}

// air adds a sensor of air whose values wander.
func (x *exhibits) air(kind string, addr uint16, name, more string) {
	type chip interface {
		i2c.Chip
		SetAir(air.Air)
	}
	now := air.Hall()
	var c chip
	switch kind {
	case "scd4x":
		c = air.NewSCD4x(now, 5*time.Second)
	case "sht":
		c = air.NewSHT4x(now)
	default:
		c = air.NewBME280(now)
	}
	x.h.board.bus.Attach(addr, c)
	x.add("air", fmt.Sprintf("name: {zh: %s}, driver: %s, %s", name, kind, more), every(5*time.Second, func(_ context.Context, n int) {
		a := now
		s := math.Sin(float64(n) / 20)
		a.CO2, a.Temperature, a.Humidity, a.Pressure = a.CO2+180*s, a.Temperature+1.5*s, a.Humidity+6*s, a.Pressure+80*s
		c.SetAir(a)
	}))
}

// board gives the hall simulated lines.
func (x *exhibits) board(names ...string) {
	x.h.contacts = contacts.New(names...)
	for _, n := range names {
		x.h.board.pins[n] = x.h.contacts
	}
}

func (x *exhibits) kiosk(id hall.DeviceID) (addr string, err error) {
	k, err := host.New("", "自助办事终端")
	if err != nil {
		return "", err
	}
	x.add(id, fmt.Sprintf("name: {zh: 自助终端, en: Kiosk}, driver: reach, zone: waiting, reach: {tcp: [%q], web: %q, contains: 自助, interval: 10s}", k.Addr(), "http://"+k.Addr()+"/"), k.Run)
	return k.Addr(), nil
}

func (x *exhibits) snmp(kind, name string, set func(*snmp.Agent, int), more string) error {
	_, err := x.agent(hall.DeviceID(kind), kind, name, set, more)
	return err
}

func (x *exhibits) agent(id hall.DeviceID, kind, name string, set func(*snmp.Agent, int), more string) (addr string, err error) {
	a, err := snmp.Listen("", "hall")
	if err != nil {
		return "", err
	}
	set(a, 0)
	x.add(id, fmt.Sprintf("name: {zh: %s}, driver: snmp, snmp: {address: %q, kind: %s, community: hall, interval: 10s%s}", name, a.Addr(), kind, more),
		both(a.Run, every(10*time.Second, func(_ context.Context, n int) { set(a, n) })))
	return a.Addr(), nil
}

func (x *exhibits) radar(id hall.DeviceID, kind codec.Kind, driver, name, more string) error {
	l, err := x.h.line(string(id))
	if err != nil {
		return err
	}
	r := radar.New(radar.Options{Line: l, Kind: kind, Seed: 5})
	x.add(id, fmt.Sprintf("name: {zh: %s}, driver: %s, %s, serial: {port: %q, baud: 256000}", name, driver, more, x.h.port(string(id))),
		both(run(r.Run), every(12*time.Second, func(_ context.Context, n int) { r.SetPeople([]int{1, 2, 3, 2, 0}[n%5]) })))
	return nil
}

// isapi adds a terminal that staff look at, and a camera that counts who goes to the office.
func (x *exhibits) isapi() error {
	face, err := hikvision.New(hikvision.Options{Kind: hikvision.Terminal, Username: "hall", Password: cameraPassword, Serial: "DS-FACE0001"})
	if err != nil {
		return err
	}
	login := fmt.Sprintf("mode: stream, username: hall, password: %s, interval: 30s", cameraPassword)
	x.add("face", fmt.Sprintf("name: {zh: 人脸考勤机, en: Face terminal}, driver: hikvision-terminal, zone: office, hikvision: {url: %q, %s}", face.URL(), login),
		both(face.Run, every(45*time.Second, func(_ context.Context, n int) { face.Verify(fmt.Sprint(9001+n%3), 75, "checkIn") })))
	counter, err := hikvision.New(hikvision.Options{Kind: hikvision.Counter, Username: "hall", Password: cameraPassword})
	if err != nil {
		return err
	}
	x.add("counter", fmt.Sprintf("name: {zh: 办公区客流相机, en: Counting camera}, driver: hikvision-counter, zone: office, hikvision: {url: %q, %s}", counter.URL(), login),
		both(counter.Run, every(20*time.Second, func(_ context.Context, n int) { counter.Walk(1-n%2, n%2) })))
	x.h.closers = append(x.h.closers, face.Close, counter.Close)
	return nil
}

// broker gives the hall an MQTT broker inside its gateway, and devices that speak through it.
func (x *exhibits) broker(p *ports, topics []string, devices func(mqttdevices.Publish)) (err error) {
	if !x.outside {
		if x.addr, err = p.take(); err != nil {
			return err
		}
	}
	x.mqtt = topics
	c := mqttdevice.NewClient(mqttdevice.ClientOptions{Address: "mqtt://" + x.addr, ClientID: "devices-" + string(x.h.ID), Username: "devices", Password: brokerPassword})
	x.h.runners = append(x.h.runners, run(c.Run))
	x.client = c
	devices(func(ctx context.Context, topic string, payload []byte, retain bool) error {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		return c.Publish(ctx, topic, payload, retain)
	})
	return nil
}

// brokerPassword is what the simulated devices tell the hall's broker.
const brokerPassword = "kettle-and-door"

// standing lets people come and go below a thermal sensor.
func standing(c *thermal.Chip) func(context.Context) error {
	places := []thermal.Person{{X: 1, Y: 1}, {X: 5.5, Y: 2}, {X: 2, Y: 5.5}}
	var leave []func()
	return every(15*time.Second, func(_ context.Context, n int) {
		if want := []int{1, 2, 3, 2}[n%4]; want > len(leave) {
			leave = append(leave, c.Stand(places[len(leave)]))
		} else if len(leave) > want {
			leave[len(leave)-1]()
			leave = leave[:len(leave)-1]
		}
	})
}
