package county

import (
	"fmt"
	"strings"

	"hallpulse/hall"
)

// cameraPassword is what the simulated cameras ask for.
const cameraPassword = "look-but-keep"

// addresses of a hall's own listeners.
type addresses struct{ panel, attendance, rating, broker string }

func (c *County) addresses() (a addresses, err error) {
	if a.panel, err = c.hosts.ports.take(); err != nil {
		return a, err
	}
	if a.attendance, err = c.hosts.ports.take(); err != nil {
		return a, err
	}
	if a.rating, err = c.hosts.ports.take(); err != nil {
		return a, err
	}
	a.broker, err = c.route()
	return a, err
}

// yaml is the hall's configuration, as a technician would write it.
func (h *Hall) yaml(a addresses) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("hall:\n  id: %s\n  name: {zh: %s, en: %s}\n  kind: %s\n  township: {zh: %s, en: %s}\n  time_zone: Asia/Shanghai",
		h.ID, h.desc.name.ZH, h.desc.name.EN, h.Kind, h.desc.township.ZH, h.desc.township.EN)
	p("hub:\n  broker: mqtt://%s\n  credential: {file: credential}", a.broker)
	p("data_dir: %q\npanel: {listen: %q}\nattendance: {listen: %q}", h.dir+"/data", a.panel, a.attendance)
	p("journal: {max_size: 256MiB, keep_days: 7}")
	p("hours: {open: \"00:00\", close: \"23:59\", days: [mon, tue, wed, thu, fri, sat, sun], recount: 0s}") // somebody looks at it at night
	p("zones:\n  - {id: waiting, name: {zh: 等候区, en: Waiting}, role: waiting}\n  - {id: counters, name: {zh: 窗口服务区, en: Windows}, role: windows}\n  - {id: office, name: {zh: 办公区, en: Office}, role: office}")
	p("categories:")
	for _, c := range h.categorys {
		p("  - {id: %s, name: {zh: %s, en: %s}, prefix: %s}", c.ID, c.Name.ZH, c.Name.EN, c.Prefix)
	}
	p("windows:")
	for i, w := range h.windows {
		p("  - {id: %s, name: {zh: %d号窗口, en: Window %d}}", w, i+1, i+1)
	}
	if x := h.extra; x != nil && x.outside {
		p("broker: {address: \"mqtt://%s\"}", x.addr)
	} else if x != nil && x.addr != "" {
		p("broker:\n  embed: {listen: %q, users: [{name: devices, password: %s, topics: [%s]}]}", x.addr, brokerPassword, strings.Join(x.mqtt, ", "))
	}
	if h.extra != nil && h.extra.rating {
		p("rating: {listen: %q, url: \"http://%s\"}", a.rating, a.rating)
	}
	p("devices:")
	h.devices(p)
	if h.extra != nil {
		for _, line := range h.extra.yaml {
			p("%s", line)
		}
	}
	return b.String()
}

// devices writes the hall's devices.
func (h *Hall) devices(p func(string, ...any)) {
	if h.Kind == hall.Center {
		var list []string
		for i, w := range h.windows {
			list = append(list, fmt.Sprintf("%d: %s", i+1, w))
		}
		switch h.modbus {
		case true:
			p("  - {id: display, name: {zh: 叫号屏, en: Call displays}, driver: modbus-display, serial: {port: %q}, addresses: {%s}}", h.port(deviceDisplay), strings.Join(list, ", "))
		default:
			p("  - {id: display, name: {zh: 叫号屏, en: Call displays}, driver: serial-display, serial: {port: %q}, profile: %s, addresses: {%s}}",
				h.port(deviceDisplay), h.layout(), strings.Join(list, ", "))
		}
		if h.proxy != "" {
			p("  - {id: dispenser, name: {zh: 取号机, en: Ticket dispenser}, driver: escpos-tcp, zone: waiting, proxy: {listen: %q, printer: %q}}", h.proxy, h.spooler.Addr())
		} else {
			p("  - {id: dispenser, name: {zh: 取号机, en: Ticket dispenser}, driver: escpos-serial, zone: waiting, serial: {port: %q, baud: 19200}}", h.port(deviceDispenser))
		}
		for _, d := range h.doors {
			p("  - {id: %s, name: {zh: %s, en: %q}, driver: beam-pair, zone: waiting, beam: {outer: %s, inner: %s, broken: low}}", d.device, d.name.ZH, d.name.EN, d.outer, d.inner)
		}
	}
	for i, w := range h.windows {
		p("  - {id: keypad-%s, name: {zh: %d号窗口评价器, en: Keypad of window %d}, driver: serial-keypad, window: %s, silence: 20s, serial: {port: %q}, profile: rating-keypad}",
			w, i+1, i+1, w, h.port("keypad-"+string(w)))
	}
	for i := range h.size().terminals {
		id, number := numbered(deviceTerminal, i)
		p("  - {id: %s, name: {zh: 考勤机%s, en: Attendance terminal%s}, driver: zkteco-push, zone: office, zkteco: {serial: %s, time_zone: Asia/Shanghai}}", id, number, number, h.serialOf(i))
	}
	for i, c := range h.cameras {
		p("  - {id: camera-%d, name: {zh: %s, en: %q}, driver: rtsp-camera, zone: waiting, camera: {rtsp: %q, snapshot: %q, username: hall, password: %s, interval: 10s, frozen: 40s}}",
			i+1, cameraName(i).ZH, cameraName(i).EN, c.RTSPURL(), c.SnapshotURL(), cameraPassword)
	}
}
