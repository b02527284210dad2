package config

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Device is one device of the hall. Exactly the option blocks that its driver uses are set.
type Device struct {
	ID        hall.DeviceID         `yaml:"id"`
	Name      hall.Text             `yaml:"name"`   // empty: the id
	Family    hall.Family           `yaml:"family"` // empty: the driver's
	Driver    Driver                `yaml:"driver"`
	Window    hall.WindowID         `yaml:"window"`
	Zone      hall.ZoneID           `yaml:"zone"`
	Silence   time.Duration         `yaml:"silence" conf:"min=0s,max=24h"` // nothing heard for this long: down; 0: the driver's default
	Serial    *Serial               `yaml:"serial"`
	Profile   string                `yaml:"profile"`   // name of a built-in profile, or a file
	Addresses map[int]hall.WindowID `yaml:"addresses"` // window by the device's own address of it
	Zkteco    *Zkteco               `yaml:"zkteco"`
	Camera    *Camera               `yaml:"camera"`
	Beam      *Beam                 `yaml:"beam"`

	ModbusBlocks      `yaml:",inline"`
	KeyBlocks         `yaml:",inline"`
	HikvisionBlocks   `yaml:",inline"`
	VisionBlocks      `yaml:",inline"`
	SensorBlocks      `yaml:",inline"`
	EnvironmentBlocks `yaml:",inline"`
	MQTTBlocks        `yaml:",inline"`
	MachineBlocks     `yaml:",inline"`
	ProfiledBlocks    `yaml:",inline"`
}

// Serial is a serial port.
type Serial struct {
	Port     string `yaml:"port" conf:"required"` // e.g. /dev/serial/by-id/usb-…; ttyUSBn may change its number
	Baud     int    `yaml:"baud" conf:"min=50,max=4000000"`
	DataBits int    `yaml:"data_bits" conf:"min=5,max=8"`
	Parity   string `yaml:"parity" conf:"oneof=none|odd|even|mark|space"`
	StopBits string `yaml:"stop_bits" conf:"oneof=1|2"`
}

// Defaults are those of most displays and keypads: 9600 8N1.
func (s *Serial) Defaults() { *s = Serial{Baud: 9600, DataBits: 8, Parity: "none", StopBits: "1"} }

// Zkteco is an attendance terminal that pushes.
type Zkteco struct {
	Serial   string `yaml:"serial" conf:"required"` // on the terminal's label; it is approved by this
	TimeZone string `yaml:"time_zone"`              // of the terminal's clock, IANA name; empty: the hall's
	From     string `yaml:"from" conf:"max=64"`     // address or network that it is believed from; empty: anywhere
}

// Prefix gives the network that the terminal is believed from; ok is false when From is neither an address nor a network.
func (z *Zkteco) Prefix() (p netip.Prefix, ok bool) {
	if z.From == "" {
		return p, true
	}
	if a, err := netip.ParseAddr(z.From); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(z.From)
	return p, err == nil
}

// Camera is a network camera that is watched for being alive, not for what it shows.
type Camera struct {
	RTSP     string        `yaml:"rtsp"`     // rtsp://host:port/path, without user and password
	Snapshot string        `yaml:"snapshot"` // http://host/path of a JPEG
	Username string        `yaml:"username"`
	Password conf.Secret   `yaml:"password"`
	Interval time.Duration `yaml:"interval" conf:"min=1s,max=10m"` // between two looks
	Black    float64       `yaml:"black" conf:"min=0,max=255"`     // mean luminance below which a picture is black
	Covered  float64       `yaml:"covered" conf:"min=0,max=128"`   // standard deviation of luminance below which it is covered
	Frozen   time.Duration `yaml:"frozen" conf:"min=5s,max=24h"`   // the same picture for this long: frozen

	Defocused float64       `yaml:"defocused" conf:"min=0,max=0.9"`  // part of its usual sharpness below which a picture is defocused; 0: not looked for
	Moved     float64       `yaml:"moved" conf:"min=0,max=0.95"`     // part of the usual edges below which the camera was moved; 0: not looked for
	Relearn   time.Duration `yaml:"relearn" conf:"min=0s,max=2400h"` // another view for so long becomes the usual one; 0: 24 h
	Frames    bool          `yaml:"frames"`                          // the stream is played for a moment once a minute: do its pictures come?
}

// Defaults suit an indoor camera by day and night.
func (c *Camera) Defaults() {
	*c = Camera{Interval: 10 * time.Second, Black: 16, Covered: 4, Frozen: 60 * time.Second}
}

// Beam is a pair of light barriers in a door.
type Beam struct {
	Outer  string      `yaml:"outer" conf:"required"`        // pin on the outside, e.g. GPIO17
	Inner  string      `yaml:"inner" conf:"required"`        // pin on the inside
	Broken string      `yaml:"broken" conf:"oneof=low|high"` // level of a broken beam
	Zone   hall.ZoneID `yaml:"zone"`                         // that one enters; empty: the device's zone
}

// Defaults are those of the usual open-collector barriers.
func (b *Beam) Defaults() { b.Broken = "low" }

// Driver names a driver.
type Driver string

// The drivers.
const (
	SerialDisplay Driver = "serial-display"
	EscposSerial  Driver = "escpos-serial"
	SerialKeypad  Driver = "serial-keypad"
	ZktecoPush    Driver = "zkteco-push"
	RTSPCamera    Driver = "rtsp-camera"
	BeamPair      Driver = "beam-pair"
)

// Uses says what a driver wants of a device's configuration, by key.
type Uses struct {
	Family   hall.Family
	Others   []hall.Family // that the configuration may choose instead
	Required []string      // blocks that must be there
	Optional []string      // blocks that may be there
	Window   bool          // window or addresses must be there
	Zone     bool          // zone, or beam.zone, must be there
	Tells    hall.Tells    // of the people in its zone; empty: as its family
}

// Drivers gives what every driver uses.
func Drivers() map[Driver]Uses {
	all := coreDrivers()
	for _, more := range []map[Driver]Uses{
		modbusDrivers(), keyDrivers(), hikvisionDrivers(), visionDrivers(), sensorDrivers(),
		environmentDrivers(), mqttDrivers(), machineDrivers(), profiledDrivers(),
	} {
		maps.Copy(all, more)
	}
	return all
}

func coreDrivers() map[Driver]Uses {
	return map[Driver]Uses{
		SerialDisplay: {Family: hall.Display, Required: []string{"serial", "profile"}, Optional: []string{"addresses"}, Window: true},
		EscposSerial:  {Family: hall.Dispenser, Required: []string{"serial"}, Optional: []string{"profile"}},
		SerialKeypad:  {Family: hall.Keypad, Required: []string{"serial", "profile"}, Optional: []string{"addresses"}, Window: true},
		ZktecoPush:    {Family: hall.Attendance, Required: []string{"zkteco"}},
		RTSPCamera:    {Family: hall.Camera, Required: []string{"camera"}},
		BeamPair:      {Family: hall.Occupancy, Required: []string{"beam"}, Zone: true},
	}
}

// DriverNames lists the drivers in alphabetical order.
func DriverNames() []string {
	var out []string
	for d := range Drivers() {
		out = append(out, string(d))
	}
	slices.Sort(out)
	return out
}

// block is an option block by its key, and whether the device has it.
type block struct {
	key   string
	there bool
}

// blocks says which option blocks a device has, in the order in which missing and unused ones are reported.
func (d *Device) blocks() []block {
	all := []block{
		{"serial", d.Serial != nil}, {"profile", d.Profile != ""}, {"addresses", d.Addresses != nil},
		{"zkteco", d.Zkteco != nil}, {"camera", d.Camera != nil}, {"beam", d.Beam != nil},
	}
	return slices.Concat(all, d.ModbusBlocks.blocks(), d.KeyBlocks.blocks(), d.HikvisionBlocks.blocks(), d.VisionBlocks.blocks(), d.SensorBlocks.blocks(), d.EnvironmentBlocks.blocks(), d.MQTTBlocks.blocks(), d.MachineBlocks.blocks(), d.ProfiledBlocks.blocks())
}
