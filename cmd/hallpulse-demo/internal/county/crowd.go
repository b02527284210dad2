package county

import (
	"context"
	"fmt"
	"time"

	"hallpulse/edge/simulator/i2c"
	"hallpulse/edge/simulator/mqttdevices"
	"hallpulse/edge/simulator/snmp"
	"hallpulse/hall"
)

// Network is the devices of a hall that any monitoring program could ask, where they are.
type Network struct {
	Hosts  []string // host:port that take a connection and serve a page
	SNMP   []string // host:port of printers, community hall
	Broker string   // host:port
	Topics []string // that devices publish JSON to
}

// How many devices of each kind a crowd has.
const (
	crowdHosts   = 8
	crowdAgents  = 6
	crowdSensors = 6
)

// Network gives the hall's devices on the network.
func (h *Hall) Network() Network { return h.network }

// crowd gives the hall twenty devices on the network.
func (h *Hall) crowd(ports *ports, broker string) error {
	h.board = &Hardware{bus: &i2c.Bus{}}
	x := &exhibits{h: h, addr: broker, outside: broker != ""}
	for i := range crowdHosts {
		addr, err := x.kiosk(hall.DeviceID(fmt.Sprintf("kiosk-%d", i+1)))
		if err != nil {
			return err
		}
		h.network.Hosts = append(h.network.Hosts, addr)
	}
	for i := range crowdAgents {
		id := hall.DeviceID(fmt.Sprintf("printer-%d", i+1))
		addr, err := x.agent(id, "printer", "打印机, en: Printer", func(a *snmp.Agent, n int) { a.Printer(0, 100-n%90) }, "")
		if err != nil {
			return err
		}
		h.network.SNMP = append(h.network.SNMP, addr)
	}
	err := x.broker(ports, []string{"zigbee2mqtt"}, func(say mqttdevices.Publish) {
		for i := range crowdSensors {
			name := fmt.Sprintf("door-%d", i+1)
			d := mqttdevices.NewZigbee(say, name)
			x.add(hall.DeviceID("z"+name), fmt.Sprintf("driver: mqtt-device, mqtt: {kind: zigbee2mqtt, device: %s}", name),
				every(5*time.Second, func(ctx context.Context, n int) { _, _ = d.Link(ctx, true, true), d.Door(ctx, n%2 == 0) }))
			h.network.Topics = append(h.network.Topics, "zigbee2mqtt/"+name)
		}
	})
	h.network.Broker = x.addr
	h.extra = x
	return err
}
