package config

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

func (k *checker) device(path string, d *Device) {
	k.id(path, "device", string(d.ID))
	k.name(path, "name", d.Name, false)
	k.reference(path+".window", "windows", string(d.Window))
	k.reference(path+".zone", "zones", string(d.Zone))
	for _, address := range slices.Sorted(maps.Keys(d.Addresses)) {
		k.reference(path+".addresses."+strconv.Itoa(address), "windows", string(d.Addresses[address]))
	}
	if k.present(path, "driver", d.Driver != "") {
		k.driver(path, d)
	}
	if d.Serial != nil {
		k.unique(path+".serial.port", "port", d.Serial.Port)
	}
	if d.Zkteco != nil {
		if s := d.Zkteco.Serial; s != "" && (len(s) > maxSerial || !validID(s)) {
			k.fail(path+".zkteco.serial", conf.Say(textBadSerial, maxSerial), hall.Text{})
		}
		k.unique(path+".zkteco.serial", "terminal", d.Zkteco.Serial)
		if d.Zkteco.TimeZone != "" {
			k.zoneName(path+".zkteco.time_zone", d.Zkteco.TimeZone)
		}
		if _, ok := d.Zkteco.Prefix(); !ok {
			k.fail(path+".zkteco.from", textFrom, textFromMend)
		}
	}
	if d.Camera != nil {
		k.camera(path+".camera", d.Camera)
	}
	if d.Beam != nil {
		k.beam(path+".beam", d.Beam)
	}
	for _, check := range []func(string, *Device){
		k.modbus, k.key, k.hikvision, k.vision, k.sensor, k.environment, k.mqtt, k.machine, k.profiled,
	} {
		check(path, d)
	}
}

// driver checks that exactly the blocks of the driver are there.
func (k *checker) driver(path string, d *Device) {
	uses, ok := Drivers()[d.Driver]
	if !ok {
		k.fail(path+".driver", conf.Say(textNoSuch, textsKind["drivers"]), conf.DidYouMean(string(d.Driver), DriverNames()))
		return
	}
	if d.Family != "" && d.Family != uses.Family && !slices.Contains(uses.Others, d.Family) {
		k.fail(path+".family", conf.Say(textFamily, d.Driver, uses.Family), textFamilyMend)
	}
	for _, b := range d.blocks() {
		at := path + "." + b.key
		there := b.there || k.doc.Has(at)
		switch required := slices.Contains(uses.Required, b.key); {
		case required && !there:
			k.fail(at, conf.Say(textNeeds, d.Driver), conf.Say(textAdd, b.key))
		case there && !required && !slices.Contains(uses.Optional, b.key):
			k.fail(at, conf.Say(textNotUsed, d.Driver), textRemove)
		}
	}
	if uses.Window && d.Window == "" && len(d.Addresses) == 0 && !k.doc.Has(path+".addresses") && !k.doc.Has(path+".window") {
		k.fail(path+".window", textWindow, conf.Say(textAdd, "window"))
	}
	if uses.Zone && d.Zone == "" && (d.Beam == nil || d.Beam.Zone == "") && !k.doc.Has(path+".zone") && !k.doc.Has(path+".beam.zone") {
		k.fail(path+".zone", textZoneNeeded, conf.Say(textAdd, "zone"))
	}
}

func (k *checker) camera(path string, c *Camera) {
	if c.RTSP == "" && c.Snapshot == "" && !k.doc.Has(path+".rtsp") && !k.doc.Has(path+".snapshot") {
		k.fail(path, textCameraNone, conf.Say(textAdd, "rtsp"))
	}
	k.url(path+".rtsp", c.RTSP, "rtsp", "rtsps")
	k.url(path+".snapshot", c.Snapshot, "http", "https")
}

// url checks an address of one of the schemes; users and passwords have keys of their own, which are never logged.
func (k *checker) url(path, s string, schemes ...string) {
	if s == "" {
		return
	}
	if strings.ContainsRune(s, '@') { // there may be a password in it
		k.doc.Conceal(path)
	}
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Hostname() == "" || !validPort(u.Port(), true) {
		k.fail(path, conf.Say(textURL, strings.Join(schemes, ", ")), hall.Text{})
		return
	}
	if u.User != nil {
		k.fail(path, textURLUser, textURLMend)
	}
}

func (k *checker) beam(path string, b *Beam) {
	k.reference(path+".zone", "zones", string(b.Zone))
	if b.Outer != "" && b.Outer == b.Inner {
		k.fail(path+".inner", textSamePins, textChooseElse)
		return
	}
	k.unique(path+".outer", "pin", b.Outer)
	k.unique(path+".inner", "pin", b.Inner)
}
