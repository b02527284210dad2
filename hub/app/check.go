package app

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hallpulse/hall"
	"hallpulse/hall/conf"
	"hallpulse/hall/rule"
)

// checker looks for what types and limits alone cannot refuse.
type checker struct {
	doc *conf.Document
	c   *Config
}

func (k *checker) fail(path string, message, mend hall.Text) { k.doc.Fail(path, message, mend) }

func (k *checker) all() {
	k.listen("web.listen", k.c.Web.Listen)
	k.pair("web", k.c.Web.CertFile, k.c.Web.KeyFile)
	k.listen("mqtt.listen", k.c.MQTT.Listen)
	k.pair("mqtt", k.c.MQTT.CertFile, k.c.MQTT.KeyFile)
	k.behindProxy()
	k.series()
	k.alerts()
	k.webhook()
	if at := k.c.Metrics.Listen; at != "" && k.listen("metrics.listen", at) && !loopback(at) {
		k.fail("metrics.listen", textNotLoopback, textLoopbackMend)
	}
}

// listen checks an address to listen on; port 0 lets the system choose one.
func (k *checker) listen(path, address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	ok := err == nil && (host == "" || host == "localhost" || net.ParseIP(host) != nil)
	if !ok {
		k.fail(path, textListen, textListenMend)
	}
	return ok
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// pair checks that TLS has both its files.
func (k *checker) pair(path, cert, key string) {
	switch {
	case cert == "" && key != "":
		k.fail(path+".cert_file", textMissing, conf.Say(textPair, "cert_file", "key_file"))
	case key == "" && cert != "":
		k.fail(path+".key_file", textMissing, conf.Say(textPair, "key_file", "cert_file"))
	}
}

func (k *checker) behindProxy() {
	for i, origin := range k.c.Web.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			k.fail(fmt.Sprintf("web.origins[%d]", i), textOrigin, textOriginMend)
		}
	}
	for i, proxy := range k.c.Web.Proxies {
		_, err := netip.ParseAddr(proxy)
		if _, cidr := netip.ParsePrefix(proxy); err != nil && cidr != nil {
			k.fail(fmt.Sprintf("web.proxies[%d]", i), textProxy, textProxyMend)
		}
	}
}

func (k *checker) series() {
	s := &k.c.Series
	switch s.Engine {
	case EngineEmbedded:
		for key, set := range map[string]bool{"url": s.URL != "", "org": s.Org != "", "bucket": s.Bucket != "", "token": s.Token != ""} {
			if set {
				k.fail("series."+key, conf.Say(textUnused, s.Engine), textUnusedMend)
			}
		}
	case EngineInflux:
		if s.Bucket == "" {
			k.fail("series.bucket", conf.Say(textNeeds, s.Engine), textBucketMend)
		}
		if s.URL == "" {
			k.fail("series.url", conf.Say(textNeeds, s.Engine), textInfluxMend)
			return
		}
		k.url("series.url", s.URL, textInfluxMend)
	}
}

// url checks an address of HTTP. What it holds beside the host may be secret, so it is not shown.
func (k *checker) url(path, s string, mend hall.Text) {
	u, err := url.Parse(s)
	if strings.ContainsAny(s, "@?") {
		k.doc.Conceal(path)
	}
	switch {
	case err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Hostname() == "":
		k.fail(path, textURL, mend)
	case u.User != nil:
		k.fail(path, textUser, textUserMend)
	}
}

// alerts checks that attention comes before action, also where one of them is the default.
func (k *checker) alerts() {
	a := &k.c.Alerts
	l := rule.Limits{WaitAttention: a.WaitNotice, WaitAct: a.WaitAct}.WithDefaults()
	if a.WaitNotice < 0 || a.WaitAct < 0 || l.WaitAttention <= l.WaitAct {
		return // negative ones were refused already
	}
	path := "alerts.wait_notice"
	if !k.doc.Has(path) {
		path = "alerts.wait_act"
	}
	k.fail(path, conf.Say(textOrder, l.WaitAttention, l.WaitAct), textOrderMend)
}

func (k *checker) webhook() {
	w := &k.c.Webhook
	if w.URL != "" {
		k.url("webhook.url", w.URL, textWebhookMend)
		return
	}
	if w.Secret != "" || w.PerMinute != 0 {
		k.fail("webhook.url", textMissing, textWebhookMend)
	}
}
