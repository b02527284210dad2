package app

import "hallpulse/hall"

// The texts of the configuration's problems. Verbs are the same, in the same order, in both languages.
var (
	textMissing      = hall.Text{ZH: "缺少必填项", EN: "required, but missing"}
	textPair         = hall.Text{ZH: "请添加 %s，或删除 %s", EN: "add %s, or remove %s"}
	textListen       = hall.Text{ZH: "不是 地址:端口", EN: "not an address:port"}
	textListenMend   = hall.Text{ZH: "例如 127.0.0.1:8080 或 0.0.0.0:8080", EN: "e.g. 127.0.0.1:8080 or 0.0.0.0:8080"}
	textNotLoopback  = hall.Text{ZH: "这里无需登录，只能用本机地址", EN: "nobody logs in here, so it must be an address of this machine alone"}
	textLoopbackMend = hall.Text{ZH: "例如 127.0.0.1:9464；远程采集请用带令牌的 /metrics", EN: "e.g. 127.0.0.1:9464; from elsewhere use /metrics with a token"}
	textOrigin       = hall.Text{ZH: "不是网站地址", EN: "not an origin"}
	textOriginMend   = hall.Text{ZH: "例如 https://hall.example.cn，不带路径", EN: "e.g. https://hall.example.cn, without a path"}
	textProxy        = hall.Text{ZH: "不是 IP 地址或网段", EN: "not an IP address or network"}
	textProxyMend    = hall.Text{ZH: "例如 10.0.0.2 或 10.0.0.0/24", EN: "e.g. 10.0.0.2 or 10.0.0.0/24"}
	textUnused       = hall.Text{ZH: "引擎 %s 不使用这一项", EN: "engine %s does not use this"}
	textUnusedMend   = hall.Text{ZH: "请删除，或写 engine: influxdb", EN: "remove it, or write engine: influxdb"}
	textNeeds        = hall.Text{ZH: "引擎 %s 需要这一项", EN: "engine %s needs this"}
	textInfluxMend   = hall.Text{ZH: "例如 http://127.0.0.1:8086", EN: "e.g. http://127.0.0.1:8086"}
	textBucketMend   = hall.Text{ZH: "例如 hallpulse/autogen", EN: "e.g. hallpulse/autogen"}
	textURL          = hall.Text{ZH: "不是 http 或 https 地址", EN: "not an http or https address"}
	textUser         = hall.Text{ZH: "地址中不要写用户名和密码", EN: "no user and password in the address"}
	textUserMend     = hall.Text{ZH: "请用 token 或 secret", EN: "use token or secret"}
	textWebhookMend  = hall.Text{ZH: "例如 https://alerts.example.cn/hallpulse", EN: "e.g. https://alerts.example.cn/hallpulse"}
	textOrder        = hall.Text{ZH: "提醒时限 %v 比处置时限 %v 还长", EN: "attention after %v would come later than action after %v"}
	textOrderMend    = hall.Text{ZH: "wait_notice 须不大于 wait_act", EN: "wait_notice must not be longer than wait_act"}
)
