package attendance

import (
	"strconv"
	"strings"
	"time"
)

// protocol is the version the server speaks; the terminal uses the lower of this and its own.
const protocol = "2.4.1"

// handshake writes the answer to a terminal's first request. Stamps are given in both spellings; 0 asks for everything
// the terminal holds, which costs a re-send and loses nothing.
func handshake(serial string, loc *time.Location, now time.Time, stamp func(table string) string) string {
	var b strings.Builder
	line := func(key, value string) { b.WriteString(key + "=" + value + "\n") }
	b.WriteString("GET OPTION FROM: " + serial + "\n")
	att, oper := orZero(stamp("ATTLOG")), orZero(stamp("OPERLOG"))
	line("ATTLOGStamp", att)
	line("OPERLOGStamp", oper)
	line("ATTPHOTOStamp", "None")
	line("Stamp", att)
	line("OpStamp", oper)
	line("PhotoStamp", "None")
	line("ErrorDelay", seconds(errorDelay))
	line("Delay", seconds(Delay))
	line("TransTimes", "00:00;14:05")
	line("TransInterval", "1")
	line("TransFlag", "TransData AttLog\tOpLog\tEnrollUser\tChgUser")
	line("TimeZone", timeZone(loc, now))
	line("Realtime", "1")
	line("Encrypt", "None")
	line("ServerVer", protocol)
	line("PushProtVer", protocol)
	line("SupportPing", "1")
	return b.String()
}

func orZero(stamp string) string {
	if stamp == "" {
		return "0"
	}
	return stamp
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// timeZone spells an offset as terminals read it: whole hours as hours, everything else as minutes ("5.5" is read as
// 5). Offsets of 12 hours and more are given in minutes, since some firmware takes small numbers alone for hours.
func timeZone(loc *time.Location, now time.Time) string {
	_, off := now.In(loc).Zone()
	if off%3600 == 0 && off > -12*3600 && off < 12*3600 {
		return strconv.Itoa(off / 3600)
	}
	return strconv.Itoa(off / 60)
}

// validStamp accepts an opaque stamp that can be echoed in a line of its own.
func validStamp(s string) bool {
	return plain(s, maxStamp) && !strings.ContainsAny(s, "=;,")
}
