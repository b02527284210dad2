package config

import (
	"fmt"
	"net/url"
	"strings"

	"hallpulse/hall"
	"hallpulse/hall/conf"
)

// Broker is the MQTT broker of the hall's own devices: one that is there already, or the gateway's own. It has nothing to do
// with the county's.
type Broker struct {
	Embed    *Embed      `yaml:"embed"`   // the gateway is the broker
	Address  string      `yaml:"address"` // of another one: mqtt://host:port or mqtts://host:port
	Username string      `yaml:"username" conf:"max=128"`
	Password conf.Secret `yaml:"password"`
}

// Embed is the broker inside the gateway.
type Embed struct {
	Listen string       `yaml:"listen"`              // host:port
	Users  []BrokerUser `yaml:"users" conf:"max=64"` // nobody else may connect
}

// BrokerUser is who may connect to the gateway's broker, and with which topics.
type BrokerUser struct {
	Name     string      `yaml:"name" conf:"required,max=64"`
	Password conf.Secret `yaml:"password" conf:"required"`
	Topics   []string    `yaml:"topics" conf:"required,min=1,max=32"` // beginnings, in whole levels: zigbee2mqtt, tele/door
}

// DefaultBrokerListen is where the gateway's broker listens unless told.
const DefaultBrokerListen = "127.0.0.1:1883"

// Defaults keep the broker on this machine.
func (e *Embed) Defaults() { e.Listen = DefaultBrokerListen }

// maxTopic bounds topics, in bytes.
const maxTopic = 200

var (
	textBrokerBoth    = hall.Text{ZH: "embed 和 address 只能写一个", EN: "either embed or address, not both"}
	textBrokerNeither = hall.Text{ZH: "需要 embed（网关自带）或 address（已有的服务器）", EN: "needs embed (the gateway's own) or address (of one that is there)"}
	textLocalBroker   = hall.Text{ZH: "例如 mqtt://192.168.1.10:1883", EN: "e.g. mqtt://192.168.1.10:1883"}
	textEmbedUser     = hall.Text{ZH: "只用于 address", EN: "belongs to address"}
	textEmbedUserMend = hall.Text{ZH: "请写在 embed.users 中", EN: "give it under embed.users"}
	textPassUser      = hall.Text{ZH: "有密码，缺少 username", EN: "a password without username"}
	textTopic         = hall.Text{ZH: "不是 MQTT 主题：不能为空，不能含 +、#、空层，至多 %d 字节", EN: "not an MQTT topic: no +, no #, no empty level, 1 to %d bytes"}
	textTopicMend     = hall.Text{ZH: "例如 zigbee2mqtt 或 tele/door", EN: "e.g. zigbee2mqtt or tele/door"}
	textReservedUser  = hall.Text{ZH: "这个用户名由网关自己使用", EN: "the gateway itself has this name"}
)

// GatewayUser is the name of the gateway itself at its own broker.
const GatewayUser = "hallpulse"

func (k *checker) broker() {
	b := k.c.Broker
	if b == nil {
		return
	}
	switch embed, address := b.Embed != nil, b.Address != "" || k.doc.Has("broker.address"); {
	case embed && address:
		k.fail("broker.address", textBrokerBoth, textRemove)
	case embed:
		k.embed(b)
	case !address:
		k.fail("broker", textBrokerNeither, hall.Text{})
	default:
		k.brokerAddress("broker.address", b.Address)
		if b.Password != "" && b.Username == "" && !k.doc.Has("broker.username") {
			k.fail("broker.username", textPassUser, conf.Say(textAdd, "username"))
		}
	}
}

func (k *checker) brokerAddress(path, s string) {
	if strings.ContainsRune(s, '@') {
		k.doc.Conceal(path)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || (u.Scheme != "mqtt" && u.Scheme != "mqtts") || u.Hostname() == "" || !validPort(u.Port(), true):
		k.fail(path, textBroker, textLocalBroker)
	case u.User != nil:
		k.fail(path, textURLUser, textURLMend)
	case (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "":
		k.fail(path, textBroker, textLocalBroker)
	}
}

func (k *checker) embed(b *Broker) {
	k.listen("broker.embed.listen", b.Embed.Listen)
	if b.Username != "" {
		k.fail("broker.username", textEmbedUser, textEmbedUserMend)
	}
	if b.Password != "" {
		k.fail("broker.password", textEmbedUser, textEmbedUserMend)
	}
	for i, u := range b.Embed.Users {
		path := fmt.Sprintf("broker.embed.users[%d]", i)
		if u.Name == GatewayUser {
			k.fail(path+".name", textReservedUser, textChooseElse)
		}
		k.unique(path+".name", "broker user", u.Name)
		for j, t := range u.Topics {
			k.topic(fmt.Sprintf("%s.topics[%d]", path, j), t)
		}
	}
}

// topic checks a topic, or the beginning of one, without wildcards.
func (k *checker) topic(path, t string) {
	if !validTopic(t) {
		k.fail(path, conf.Say(textTopic, maxTopic), textTopicMend)
	}
}

func validTopic(t string) bool {
	if t == "" || len(t) > maxTopic || strings.ContainsAny(t, "+#\x00") || strings.HasPrefix(t, "$") {
		return false
	}
	for level := range strings.SplitSeq(t, "/") {
		if level == "" {
			return false
		}
	}
	return true
}
