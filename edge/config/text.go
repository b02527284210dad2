package config

import "hallpulse/hall"

// The texts of this package. Verbs are the same, in the same order, in both languages.
var (
	textMissing    = hall.Text{ZH: "缺少必填项", EN: "required, but missing"}
	textAdd        = hall.Text{ZH: "请添加 %s", EN: "add %s"}
	textBadID      = hall.Text{ZH: "编号只能由字母、数字、- 和 _ 组成，最长 64 位", EN: "an id is 1 to 64 letters, digits, - and _"}
	textBadSerial  = hall.Text{ZH: "序列号只能由字母、数字、- 和 _ 组成，最长 %d 位", EN: "a serial number is 1 to %d letters, digits, - and _"}
	textBadHallID  = hall.Text{ZH: "厅编号只能由小写字母、数字和 - 组成，最长 32 位", EN: "a hall's id is 1 to 32 of a-z, 0-9 and -"}
	textTwice      = hall.Text{ZH: "与 %s 重复", EN: "the same as %s"}
	textChooseElse = hall.Text{ZH: "请改成另一个", EN: "choose another"}
	textNoSuch     = hall.Text{ZH: "没有这个%s", EN: "there is no such %s"}
	textDefine     = hall.Text{ZH: "请先在 %s 中定义", EN: "define it under %s"}
	textNotOneOf   = hall.Text{ZH: "不是允许的值", EN: "not an allowed value"}
	textTooLong    = hall.Text{ZH: "过长，至多 %d 字节", EN: "too long, at most %d bytes"}
	textBadZone    = hall.Text{ZH: "未知的时区", EN: "unknown time zone"}
	textZoneMend   = hall.Text{ZH: "例如 Asia/Shanghai", EN: "e.g. Asia/Shanghai"}
	textBroker     = hall.Text{ZH: "不是 MQTT 服务器地址", EN: "not the address of an MQTT broker"}
	textBrokerMend = hall.Text{ZH: "例如 mqtts://hub.example.gov.cn:8883", EN: "e.g. mqtts://hub.example.gov.cn:8883"}
	textCAPlain    = hall.Text{ZH: "mqtt:// 不加密，用不到证书", EN: "mqtt:// is not encrypted and needs no authority"}
	textCAMend     = hall.Text{ZH: "请改用 mqtts://，或删除 ca_file", EN: "use mqtts://, or remove ca_file"}
	textListen     = hall.Text{ZH: "不是 地址:端口", EN: "not an address:port"}
	textListenMend = hall.Text{ZH: "例如 127.0.0.1:8380", EN: "e.g. 127.0.0.1:8380"}
	textFrom       = hall.Text{ZH: "不是 IP 地址或网段", EN: "neither an IP address nor a network"}
	textFromMend   = hall.Text{ZH: "例如 192.168.1.201 或 192.168.1.0/24", EN: "e.g. 192.168.1.201 or 192.168.1.0/24"}
	textURL        = hall.Text{ZH: "不是 %s 地址", EN: "not a URL of %s"}
	textURLUser    = hall.Text{ZH: "地址中不要写用户名和密码", EN: "no user and password in the address"}
	textURLMend    = hall.Text{ZH: "请写在 username 和 password 中", EN: "give them as username and password"}
	textUserMend   = hall.Text{ZH: "用户名就是厅编号，密码写在 credential 中", EN: "the user is the hall's id, the password is the credential"}
	textFamily     = hall.Text{ZH: "驱动 %s 属于 %s 类设备", EN: "driver %s is for devices of family %s"}
	textFamilyMend = hall.Text{ZH: "请改正，或删除 family", EN: "correct it, or remove family"}
	textNotUsed    = hall.Text{ZH: "驱动 %s 不使用这一项", EN: "driver %s does not use this"}
	textRemove     = hall.Text{ZH: "请删除", EN: "remove it"}
	textNeeds      = hall.Text{ZH: "驱动 %s 需要这一项", EN: "driver %s needs this"}
	textWindow     = hall.Text{ZH: "需要 window，或按地址写 addresses", EN: "needs window, or addresses with a window for each"}
	textZoneNeeded = hall.Text{ZH: "需要 zone：人流进入的区域", EN: "needs a zone: the one that people enter"}
	textCameraNone = hall.Text{ZH: "需要 rtsp 或 snapshot 地址", EN: "needs the address of rtsp or of snapshot"}
	textSamePins   = hall.Text{ZH: "内外两个引脚相同", EN: "both beams are on the same pin"}
	textMinSize    = hall.Text{ZH: "太小，最小为 %s", EN: "too small, at least %s"}

	textsKind = map[string]hall.Text{
		"zones": {ZH: "区域", EN: "zone"}, "windows": {ZH: "窗口", EN: "window"}, "categories": {ZH: "业务类别", EN: "category"},
		"drivers": {ZH: "驱动", EN: "driver"},
	}
)
