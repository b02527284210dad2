package main

import "hallpulse/hall"

// The texts of the technician's commands. Verbs are the same, in the same order, in both languages.
var (
	textDeviceUsage = hall.Text{
		ZH: "hallpulse device record|replay|probe：录制线路、回放录制、列出已接设备；-h 查看各自的用法",
		EN: "hallpulse device record|replay|probe: record a line, play a recording, list what is connected; -h tells the flags of each",
	}
	textRecording   = hall.Text{ZH: "正在录制 %s（%s）到 %s，按 Ctrl+C 结束", EN: "recording %s (%s) to %s; Ctrl+C ends it"}
	textNetwork     = hall.Text{ZH: "网络", EN: "network"}
	textRecorded    = hall.Text{ZH: "录制结束：%s，%d 字节", EN: "recorded: %s, %d bytes"}
	textFull        = hall.Text{ZH: "文件已到上限 %d MiB", EN: "the file has reached its %d MiB"}
	textNothing     = hall.Text{ZH: "没有收到任何字节：请检查接线、A/B 是否接反、波特率", EN: "not a byte was heard: check the wiring, whether A and B are swapped, and the baud rate"}
	textRefused     = hall.Text{ZH: "无法识别", EN: "refused"}
	textSummary     = hall.Text{ZH: "共 %d 字节：%d 帧（其中 %d 帧只表示在线），拒绝 %d 次，覆盖 %.1f%%", EN: "%d bytes: %d frames (%d of them signs of life alone), %d refusals, coverage %.1f%%"}
	textTorn        = hall.Text{ZH: "最后一行不完整，已取其中完整的字节", EN: "the last line is torn: its whole bytes are used"}
	textWithProfile = hall.Text{ZH: "协议 %s（%s）", EN: "profile %s (%s)"}
	textRanking     = hall.Text{ZH: "最合适的协议：", EN: "profiles that fit, the best first:"}
	textMatch       = hall.Text{ZH: "  %3.0f%%  %-20s %s：%d 帧，拒绝 %d 次", EN: "  %3.0f%%  %-20s %s: %d frames, %d refusals"}
	textNoMatch     = hall.Text{ZH: "没有一个内置协议能识别", EN: "no shipped profile understands any of it"}
	textFixture     = hall.Text{ZH: "已写入 %s；请核对其中的期望再保留", EN: "written to %s; check what it expects before you keep it"}
	textNoFrames    = hall.Text{ZH: "没有一帧被识别", EN: "no frame was understood"}
	textFound       = hall.Text{ZH: "找到 %d 项。把需要的块放到 hall.yaml 的 devices 下，改好编号、窗口和区域", EN: "%d found. Put the blocks you want under devices in hall.yaml, and set id, window and zone"}
	textCannot      = hall.Text{ZH: "无法检查 %s：%v", EN: "%s could not be looked at: %v"}
	textListening   = hall.Text{ZH: "正在查找，网络部分各需 %s …", EN: "looking; each part of the network takes %s …"}

	textsFound = map[string]hall.Text{
		"serial": {ZH: "串口", EN: "serial port"}, "i2c": {ZH: "I2C 芯片", EN: "I2C chip"}, "input": {ZH: "输入设备", EN: "input device"},
		"gpio": {ZH: "GPIO 芯片", EN: "GPIO chip"}, "onvif": {ZH: "摄像头", EN: "camera"}, "terminal": {ZH: "考勤机", EN: "attendance terminal"},
		"mqtt": {ZH: "MQTT 设备", EN: "MQTT device"},
	}
)
