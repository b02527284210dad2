package attendance

import (
	"strconv"
	"strings"
)

// Info is what a terminal says of itself with its polls. Numbers that it does not say are -1.
type Info struct {
	Firmware     string `json:"firmware"`
	Users        int    `json:"users"`
	Fingerprints int    `json:"fingerprints"`
	Records      int    `json:"records"` // punches that it holds
	Addr         string `json:"addr,omitempty"`
	Faces        int    `json:"faces"`
	Cards        int    `json:"cards"`
}

// Columns of INFO (protocol, "getrequest").
const (
	infoFirmware = iota
	infoUsers
	infoFingerprints
	infoRecords
	infoAddr
	_
	_
	_
	infoFaces
	_
	infoCards
	_
	_
	infoColumns
)

// ParseInfo reads the INFO of a poll, up to 13 fields divided by commas. ok is false for anything else.
func ParseInfo(s string) (i Info, ok bool) {
	cols := strings.Split(s, ",")
	if len(s) > maxInfo || len(cols) < infoRecords+1 || len(cols) > infoColumns+3 {
		return Info{}, false
	}
	number := func(n int) int {
		v, err := strconv.ParseUint(strings.TrimSpace(column(cols, n)), 10, 31)
		if err != nil {
			return -1
		}
		return int(v)
	}
	return Info{
		Firmware: clip(strings.TrimSpace(cols[infoFirmware]), 64), Users: number(infoUsers), Fingerprints: number(infoFingerprints),
		Records: number(infoRecords), Addr: clip(strings.TrimSpace(column(cols, infoAddr)), 64), Faces: number(infoFaces), Cards: number(infoCards),
	}, true
}
