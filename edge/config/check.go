package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// MinJournal is the smallest journal that holds a business day of a busy hall.
const MinJournal Size = 16 << 20

// Limits of names and ids, in bytes; they are those of the messages to the county.
const (
	maxID     = 64
	maxName   = 256
	maxPrefix = 4
	maxSerial = 32 // of an attendance terminal
)

// checker looks for what types alone cannot refuse.
type checker struct {
	doc   *conf.Document
	c     *Config
	used  map[string]string   // path by kind and value, of what must be unique
	known map[string][]string // ids by kind, in the order of the file
}

func newChecker(doc *conf.Document, c *Config) *checker {
	k := &checker{doc: doc, c: c, used: map[string]string{}, known: map[string][]string{}}
	for _, z := range c.Zones {
		k.known["zones"] = append(k.known["zones"], string(z.ID))
	}
	for _, w := range c.Windows {
		k.known["windows"] = append(k.known["windows"], string(w.ID))
	}
	for _, g := range c.Categories {
		k.known["categories"] = append(k.known["categories"], string(g.ID))
	}
	return k
}

func (k *checker) all() {
	k.hall()
	k.parts()
	k.hours()
	k.checks()
	k.hub()
	k.rating()
	k.broker()
	k.listen("panel.listen", k.c.Panel.Listen)
	k.listen("attendance.listen", k.c.Attendance.Listen)
	if k.c.Journal.MaxSize < MinJournal {
		k.fail("journal.max_size", conf.Say(textMinSize, MinJournal), hall.Text{})
	}
	for i := range k.c.Devices {
		k.device(fmt.Sprintf("devices[%d]", i), &k.c.Devices[i])
	}
}

func (k *checker) fail(path string, message, mend hall.Text) { k.doc.Fail(path, message, mend) }

// present reports a missing value, unless the file has one that was refused already.
func (k *checker) present(path, key string, set bool) bool {
	if at := path + "." + key; !set && !k.doc.Has(at) {
		k.fail(at, textMissing, conf.Say(textAdd, key))
	}
	return set
}

func (k *checker) hall() {
	h := &k.c.Hall
	if k.present("hall", "id", h.ID != "") && !h.ID.Valid() {
		k.fail("hall.id", textBadHallID, hall.Text{})
	}
	k.name("hall", "name", h.Name, true)
	k.name("hall", "township", h.Township, true)
	k.zoneName("hall.time_zone", h.TimeZone)
}

// name checks a text in two languages.
func (k *checker) name(path, key string, t hall.Text, required bool) {
	at := path + "." + key
	if required && t.ZH == "" {
		if k.doc.Has(at) && !k.doc.Has(at+".zh") {
			k.present(at, "zh", false)
		} else {
			k.present(path, key, false)
		}
	}
	if len(t.ZH) > maxName || len(t.EN) > maxName {
		k.fail(at, conf.Say(textTooLong, maxName), hall.Text{})
	}
}

func (k *checker) zoneName(path, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		k.fail(path, textBadZone, textZoneMend)
	}
}

// id checks an id and that it is the only one of its kind.
func (k *checker) id(path, kind, id string) {
	if !k.present(path, "id", id != "") {
		return
	}
	if !validID(id) {
		k.fail(path+".id", textBadID, hall.Text{})
	}
	k.unique(path+".id", kind, id)
}

// unique reports a value that an earlier path has already.
func (k *checker) unique(path, kind, value string) {
	if value == "" {
		return
	}
	key := kind + " " + value
	if first, twice := k.used[key]; twice {
		k.fail(path, conf.Say(textTwice, first), textChooseElse)
		return
	}
	k.used[key] = path
}

func validID(id string) bool {
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return id != "" && len(id) <= maxID
}

// parts checks zones, windows and categories.
func (k *checker) parts() {
	roles := []string{
		string(hall.Consultation), string(hall.SelfService), string(hall.Waiting),
		string(hall.Windows), string(hall.FormFilling), string(hall.Office),
	}
	for i, z := range k.c.Zones {
		path := fmt.Sprintf("zones[%d]", i)
		k.id(path, "zone", string(z.ID))
		k.name(path, "name", z.Name, true)
		if k.present(path, "role", z.Role != "") && !slices.Contains(roles, string(z.Role)) {
			k.fail(path+".role", textNotOneOf, conf.DidYouMean(string(z.Role), roles))
		}
	}
	for i, g := range k.c.Categories {
		path := fmt.Sprintf("categories[%d]", i)
		k.id(path, "category", string(g.ID))
		k.name(path, "name", g.Name, true)
		if len(g.Prefix) > maxPrefix {
			k.fail(path+".prefix", conf.Say(textTooLong, maxPrefix), hall.Text{})
		}
		if k.present(path, "prefix", g.Prefix != "") {
			k.unique(path+".prefix", "prefix", g.Prefix)
		}
	}
	for i, w := range k.c.Windows {
		path := fmt.Sprintf("windows[%d]", i)
		k.id(path, "window", string(w.ID))
		k.name(path, "name", w.Name, true)
		for j, id := range w.Categories {
			k.reference(fmt.Sprintf("%s.categories[%d]", path, j), "categories", string(id))
		}
	}
}

// reference reports an id that is not defined, with the nearest one that is.
func (k *checker) reference(path, kind, id string) {
	if id == "" || slices.Contains(k.known[kind], id) {
		return
	}
	mend := conf.DidYouMean(id, k.known[kind])
	if mend.ZH == "" {
		mend = conf.Say(textDefine, kind)
	}
	k.fail(path, conf.Say(textNoSuch, textsKind[kind]), mend)
}

func (k *checker) hub() {
	h := k.c.Hub
	if h == nil || h.Broker == "" {
		return
	}
	u, err := url.Parse(h.Broker)
	plain := err == nil && (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == ""
	if strings.ContainsRune(h.Broker, '@') {
		k.doc.Conceal("hub.broker")
	}
	if err == nil && u.User != nil {
		k.fail("hub.broker", textURLUser, textUserMend)
		return
	}
	if !plain || (u.Scheme != "mqtt" && u.Scheme != "mqtts") || u.Hostname() == "" || !validPort(u.Port(), true) {
		k.fail("hub.broker", textBroker, textBrokerMend)
		return
	}
	if h.CAFile != "" && u.Scheme == "mqtt" {
		k.fail("hub.ca_file", textCAPlain, textCAMend)
	}
}

func (k *checker) listen(path, address string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !validPort(port, false) || (host != "" && host != "localhost" && net.ParseIP(host) == nil) {
		k.fail(path, textListen, textListenMend)
	}
}

// validPort says whether s is a port; 0 lets the system choose one.
func validPort(s string, emptyToo bool) bool {
	if s == "" {
		return emptyToo
	}
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}
