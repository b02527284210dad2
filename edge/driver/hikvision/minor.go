package hikvision

import (
	"slices"
	"strings"

	"hallpulse/hall"
)

// Major codes of an access event.
const (
	majorAlarm = 1
	majorEvent = 5
)

// Minor codes of alarms (major 1): somebody opened the host or a card reader.
const (
	hostTamper     = 0x404
	hostRestored   = 0x405
	readerTamper   = 0x406
	readerRestored = 0x407
)

// granted are the minor codes of events (major 5) that say a person was verified: card, fingerprint, face, codes and what is
// combined of them.
func granted() []int {
	return []int{1, 2, 15, 38, 40, 43, 46, 69, 72, 75, 77, 101, 105, 153, 156, 179, 181}
}

// denied are those of a person who was refused.
func denied() []int { return []int{3, 6, 7, 8, 9, 39, 76, 80, 151, 152} }

// doors are what doors and buttons say; they follow every grant and are no punches.
func doors() []int { return []int{21, 22, 23, 24, 25, 26, 27, 28, 37} }

// meaning is what an access event is to the gateway.
type meaning uint8

const (
	unknownEvent meaning = iota
	personGranted
	personDenied
	doorEvent
	tampered
	restored
	otherMajor // alarms, exceptions and operations that nobody here needs
)

// meaning tells what an access event means; more are further minor codes that grant.
func (a *Access) meaning(more []int) meaning {
	if a.Major == majorAlarm {
		switch a.Minor {
		case hostTamper, readerTamper:
			return tampered
		case hostRestored, readerRestored:
			return restored
		}
	}
	switch {
	case a.Major != majorEvent:
		return otherMajor
	case slices.Contains(granted(), a.Minor) || slices.Contains(more, a.Minor):
		return personGranted
	case slices.Contains(denied(), a.Minor):
		return personDenied
	case slices.Contains(doors(), a.Minor):
		return doorEvent
	}
	return unknownEvent
}

// noStatus says that no punch state was chosen.
const noStatus = 255

// punchStatus reads attendanceStatus as the states of hall.Punch; spellings differ in case and dashes.
func punchStatus(s string) int {
	s = strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
	if i := slices.Index([]string{"checkin", "checkout", "breakout", "breakin", "overtimein", "overtimeout"}, s); i >= 0 {
		return i
	}
	return noStatus
}

// punch gives the punch of a granted event. serial is the device's.
func (a *Access) punch(serial string) hall.Punch {
	return hall.Punch{Serial: serial, PIN: hall.StaffNo(a.Person), DeviceTime: a.Time, Status: punchStatus(a.Status), Verify: a.Minor}
}
