package webhook

import (
	"fmt"

	"hallpulse/hall"
	"hallpulse/hub/alert"
)

// Words says an incident in a sentence, in both languages.
func Words(i alert.Incident, d hall.Hall) hall.Text {
	zh, en := what(i, d)
	switch i.Status {
	case alert.Resolved:
		why := ending(i)
		zh, en = why.ZH+"："+zh, why.EN+": "+en
	case alert.Acknowledged:
		zh, en = fmt.Sprintf("已由 %s 认领：%s", i.AcknowledgedBy, zh), fmt.Sprintf("taken by %s: %s", i.AcknowledgedBy, en)
	}
	name := d.Name
	if name.ZH == "" {
		name.ZH = string(i.Hall)
	}
	return hall.Text{ZH: name.ZH + " " + zh, EN: name.In("en") + " " + en}
}

// ending says why an incident is over.
func ending(i alert.Incident) hall.Text {
	switch i.Ended {
	case alert.EndedRetired:
		return hall.Text{ZH: "大厅已停用，告警结束", EN: "ended, the hall is retired"}
	case alert.EndedRemoved:
		return hall.Text{ZH: "设备已撤除，告警结束", EN: "ended, the device was removed"}
	}
	return hall.Text{ZH: "已恢复", EN: "resolved"}
}

// bound says against what a value stands: the limit while it is passed, what it was at most when it is over.
func bound(i alert.Incident, per float64) (zh, en string) {
	if i.Status == alert.Resolved {
		return fmt.Sprintf("曾达 %.0f", i.Peak/per), fmt.Sprintf("was up to %.0f", i.Peak/per)
	}
	return fmt.Sprintf("限 %.0f", i.Limit/per), fmt.Sprintf("limit %.0f", i.Limit/per)
}

func what(i alert.Incident, d hall.Hall) (zh, en string) {
	switch i.Rule {
	case alert.QueueTooLong:
		zh, en = bound(i, 1)
		return fmt.Sprintf("等候 %.0f 人（%s 人）", i.Value, zh), fmt.Sprintf("%.0f people wait (%s)", i.Value, en)
	case alert.WaitTooLong:
		zh, en = bound(i, 60)
		return fmt.Sprintf("最长等候 %d 分钟（%s 分钟）", int(i.Value/60), zh), fmt.Sprintf("longest wait %d min (%s)", int(i.Value/60), en)
	case alert.GatewayLost:
		return "网关失联", "gateway lost"
	case alert.DeviceDown:
		name := hall.Text{ZH: i.Subject}
		for _, dev := range d.Devices {
			if string(dev.ID) == i.Subject {
				name = dev.Name
			}
		}
		return "设备故障：" + name.ZH, "device down: " + name.In("en")
	}
	return string(i.Rule), string(i.Rule)
}
