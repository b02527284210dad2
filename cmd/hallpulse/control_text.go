package main

import (
	"fmt"

	"hallpulse/hall"
)

func worded(t hall.Text, lang string, args ...any) string { return fmt.Sprintf(t.In(lang), args...) }

// The texts of the commands that ask a gateway. Verbs are the same, in the same order, in both languages.
var (
	textTerminalUsage = hall.Text{
		ZH: "hallpulse terminal list | order 序列号 命令 [--from 时间 --to 时间] | acknowledge 序列号：查看考勤机、下达命令、确认机壳报警。\n" +
			"命令：info 报告信息，check 重读设置并补传，query 补传一段时间的记录，verify 统计一段时间的记录数，\ntime_zone 设置时区并重启，reboot 重启。\n" +
			"时间按考勤机的时钟，如 2026-11-24 或 \"2026-11-24 08:30\"。--data 指定网关的 data_dir",
		EN: "hallpulse terminal list | order SERIAL KIND [--from TIME --to TIME] | acknowledge SERIAL: attendance terminals,\n" +
			"orders to them, the alarm of an opened case.\n" +
			"KIND: info tell who it is, check read its options and send what is missing, query send a range of time again, verify count a range of time,\n" +
			"time_zone set its zone and start again, reboot. TIME is on the terminal's clock, e.g. 2026-11-24 or \"2026-11-24 08:30\".\n" +
			"--data names the gateway's data_dir",
	}
	textRelayUsage = hall.Text{
		ZH: "hallpulse relay list | switch 设备编号 on|off：查看、切换继电器。--data 指定网关的 data_dir",
		EN: "hallpulse relay list | switch DEVICE on|off: look at relays, switch one. --data names the gateway's data_dir",
	}
	textNoGateway = hall.Text{
		ZH: "这里没有运行中的网关（%s）。请检查服务 hallpulse-edge 是否在运行，--data 是否与 hall.yaml 的 data_dir 相同",
		EN: "no gateway runs here (%s): see whether the service hallpulse-edge runs, and whether --data is the data_dir of its hall.yaml",
	}
	textNoRight = hall.Text{
		ZH: "没有权限（%s）：请用 root 或网关的用户运行，例如加 sudo",
		EN: "permission denied (%s): run this as root or as the gateway's user, for example with sudo",
	}
	textNoAnswer = hall.Text{ZH: "网关没有回答，命令可能已执行：%v", EN: "the gateway did not answer; what was asked may have been done: %v"}

	textAsOf        = hall.Text{ZH: "截至 %s", EN: "as of %s"}
	textNoTerminals = hall.Text{ZH: "本厅没有配置考勤机", EN: "this hall has no ZKTeco terminal"}
	textTerminal    = hall.Text{ZH: "考勤机 %s  %s（%s）  %s", EN: "terminal %s  %s (%s)  %s"}
	textAbout       = hall.Text{ZH: "  固件 %s  用户 %s  记录 %s", EN: "  firmware %s  users %s  records held %s"}
	textClock       = hall.Text{ZH: "  时钟 %s", EN: "  clock %s"}
	textClockRight  = hall.Text{ZH: "准确", EN: "right"}
	textFast        = hall.Text{ZH: "快 %s", EN: "fast by %s"}
	textSlow        = hall.Text{ZH: "慢 %s", EN: "slow by %s"}
	textLast        = hall.Text{ZH: "  最近应答 %s", EN: "  last answer %s"}
	textNever       = hall.Text{ZH: "网关启动以来没有", EN: "none since the gateway's start"}
	textNotKnown    = hall.Text{ZH: "未知", EN: "not known"}
	textPending     = hall.Text{ZH: "  待执行的命令 %d", EN: "  orders pending %d"}
	textOrder       = hall.Text{ZH: "    %s  %s：%s", EN: "    %s  %s: %s"}
	textWaits       = hall.Text{ZH: "等待考勤机", EN: "waits for the terminal"}
	textDone        = hall.Text{ZH: "完成", EN: "done"}
	textNever1003   = hall.Text{ZH: "考勤机没有回应或拒绝（%d）", EN: "the terminal never answered, or refused (%d)"}
	textRefusedBy   = hall.Text{ZH: "考勤机拒绝（%d）", EN: "the terminal refused (%d)"}
	textCounted     = hall.Text{ZH: "%d 条记录", EN: "%d punches"}
	textOpenedCase  = hall.Text{
		ZH: "  机壳曾被打开（%s）：查看后用 hallpulse terminal acknowledge %s 确认",
		EN: "  its case was opened (%s): look at it, then hallpulse terminal acknowledge %s",
	}
	textCaseUnknown = hall.Text{ZH: "  机壳是否被打开：未知", EN: "  whether its case was opened is not known"}

	textOrdered = hall.Text{
		ZH: "已排队：%s 在考勤机 %s 下次联系时执行（正常每 10 秒一次），结果见 hallpulse terminal list",
		EN: "queued: %s is carried out when terminal %s calls next (every 10 s when it is well); hallpulse terminal list tells the result",
	}
	textOrderedAway = hall.Text{
		ZH: "注意：这台考勤机现在没有联系网关。命令等它回来；网关重启后命令不再保留",
		EN: "mind: this terminal is not in contact now. The order waits for it, and is lost when the gateway starts again",
	}
	textAcknowledged = hall.Text{ZH: "已确认考勤机 %s 的机壳报警", EN: "the alarm of terminal %s's case is acknowledged"}

	textNoRelays = hall.Text{ZH: "本厅没有配置继电器", EN: "this hall has no relay"}
	textRelay    = hall.Text{ZH: "继电器 %s（%s）  %s  %s", EN: "relay %s (%s)  %s  %s"}
	textSince    = hall.Text{ZH: "%s（%s 读回）", EN: "%s (read back %s)"}
	textOn       = hall.Text{ZH: "接通", EN: "on"}
	textOff      = hall.Text{ZH: "断开", EN: "off"}
	textSwitched = hall.Text{ZH: "继电器 %s 已%s（已读回确认）", EN: "relay %s is %s (read back)"}
	textsHealth  = map[string]hall.Text{
		"ok": {ZH: "正常", EN: "ok"}, "degraded": {ZH: "关注", EN: "attention"}, "stuck": {ZH: "异常", EN: "stuck"},
		"down": {ZH: "故障", EN: "down"}, "unknown": {ZH: "未知", EN: "unknown"},
	}
)
