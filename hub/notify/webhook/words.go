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
		zh, en = "已恢复："+zh, "resolved: "+en
	case alert.Acknowledged:
		zh, en = fmt.Sprintf("已由 %s 处理：%s", i.AcknowledgedBy, zh), fmt.Sprintf("taken by %s: %s", i.AcknowledgedBy, en)
	}
	name := d.Name
	if name.ZH == "" {
		name.ZH = string(i.Hall)
	}
	return hall.Text{ZH: name.ZH + " " + zh, EN: name.In("en") + " " + en}
}

func what(i alert.Incident, d hall.Hall) (zh, en string) {
	switch i.Rule {
	case alert.QueueTooLong:
		return fmt.Sprintf("等候 %.0f 人，超过 %.0f 人", i.Value, i.Limit), fmt.Sprintf("%.0f people wait, more than %.0f", i.Value, i.Limit)
	case alert.WaitTooLong:
		return fmt.Sprintf("最长等候 %.0f 分钟，超过 %.0f 分钟", i.Value/60, i.Limit/60), fmt.Sprintf("longest wait %.0f min, more than %.0f", i.Value/60, i.Limit/60)
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
