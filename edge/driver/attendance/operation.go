package attendance

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Types of operations in a terminal's audit log (protocol, appendix "operation type"), as far as the gateway tells them apart.
const (
	opPowerOn     = 0
	opPowerOff    = 1
	opAlarm       = 3 // Objects[1] is the reason
	opDataCleared = 13
	opTimeSet     = 21
	opReset       = 22
	opDuress      = 32
)

// Reasons of an alarm.
const (
	alarmOpened    = 55    // the terminal's case
	alarmCancelled = 65535 // whatever it was
)

// isAdmin tells whether an operation changes the terminal's settings or what a user may do: settings, deleted users, cleared
// administrators, new and changed users, names, privileges, network and server addresses.
func isAdmin(op int) bool {
	switch op {
	case 5, 9, opDataCleared, opReset, 24, 30, 36, 70, 71, 76, 77, 78, 79, 82, 83:
		return true
	}
	return false
}

// errOperation says that a line is no operation.
var errOperation = errors.New("bad operation")

// maxObject bounds one object of an operation.
const maxObject = 64

// Operation is one line of a terminal's audit log. The operator's number is left out.
type Operation struct {
	Type    int
	Time    time.Time
	Text    string // its time as the terminal wrote it
	Objects [4]string
}

// ParseOperation reads "OPLOG <type> HT <operator> HT <time> HT <object> …" with up to four objects. loc is the terminal's
// zone. Any bytes give an operation or an error.
func ParseOperation(line []byte, loc *time.Location) (o Operation, err error) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("OPLOG "))
	if !ok || len(line) > maxLine {
		return Operation{}, errOperation
	}
	cols := strings.Split(decodeText(rest), "\t")
	if len(cols) < 3 || len(cols) > 3+len(o.Objects) {
		return Operation{}, errOperation
	}
	n, err := strconv.ParseUint(strings.TrimSpace(cols[0]), 10, 16)
	if err != nil {
		return Operation{}, errOperation
	}
	o.Type, o.Text = int(n), strings.TrimSpace(cols[2])
	if o.Time, err = wallTime(o.Text, loc); err != nil {
		return Operation{}, err
	}
	for i, c := range cols[3:] {
		o.Objects[i] = clip(strings.TrimSpace(c), maxObject)
	}
	return o, nil
}

// alarm gives the reason of an alarm; ok is false for any other operation.
func (o *Operation) alarm() (reason int, ok bool) {
	n, err := strconv.ParseUint(o.Objects[1], 10, 32)
	return int(n), o.Type == opAlarm && err == nil
}

// userPIN gives the number of a USER line; the rest of it, names, cards and passwords, is not read.
func userPIN(line []byte) (pin string, ok bool) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("USER PIN="))
	if !ok {
		return "", false
	}
	first, _, _ := bytes.Cut(rest, []byte{'\t'})
	if pin = decodeText(bytes.TrimSpace(first[:min(len(first), maxPIN+1)])); !plain(pin, maxPIN) {
		return "", false
	}
	return pin, true
}

// Operations counts what a terminal's audit log says.
type Operations struct {
	PowerOn     int    `json:"power_on"`
	PowerOff    int    `json:"power_off"`
	Alarms      int    `json:"alarms"`
	Opened      int    `json:"opened"` // its case
	Duress      int    `json:"duress"`
	TimeSet     int    `json:"time_set"`
	Admin       int    `json:"admin"`        // settings and users changed
	DataCleared int    `json:"data_cleared"` // records or everything erased
	LastPowerOn string `json:"last_power_on,omitempty"`
	LastTimeSet string `json:"last_time_set,omitempty"`
}

// note counts one operation.
func (n *Operations) note(o *Operation) {
	switch o.Type {
	case opPowerOn:
		n.PowerOn++
		n.LastPowerOn = max(n.LastPowerOn, o.Text)
	case opPowerOff:
		n.PowerOff++
	case opAlarm:
		n.Alarms++
		if reason, ok := o.alarm(); ok && reason == alarmOpened {
			n.Opened++
		}
	case opDuress:
		n.Duress++
	case opTimeSet:
		n.TimeSet++
		n.LastTimeSet = max(n.LastTimeSet, o.Text)
	case opDataCleared, opReset:
		n.DataCleared++
	}
	if isAdmin(o.Type) {
		n.Admin++
	}
}
