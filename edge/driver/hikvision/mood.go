package hikvision

import (
	"slices"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// Codes of what is wrong with a device that lives.
const (
	codeVideoLoss = "video_loss"     // the camera's own picture is gone
	codeResets    = "counter_resets" // totals that begin anew again and again
	codeTamper    = "tamper"
	codeLogin     = "login_refused"
	codeClock     = "clock_skew"
	codeUnreached = "unreachable"
	codePush      = "push_missing"   // stored events were not posted
	codeHistory   = "history_unread" // stored events cannot be searched
)

// weights is the order in which troubles are told: the first hides the others.
func weights() []string {
	return []string{codeVideoLoss, codeResets, codeTamper, codeLogin, codeClock, codeUnreached, codePush, codeHistory}
}

// mood is what is wrong with a device, by code. It is guarded by the device's lock.
type mood struct {
	wrong map[string]string // detail by code
	told  string            // code and detail that the sink holds
}

// set notes a trouble, and clear its end; both tell whether something changed.
func (m *mood) set(code, detail string) bool {
	if m.wrong == nil {
		m.wrong = map[string]string{}
	}
	old, was := m.wrong[code]
	m.wrong[code] = detail
	return !was || old != detail
}

func (m *mood) clear(code string) bool {
	_, was := m.wrong[code]
	delete(m.wrong, code)
	return was
}

// worst gives the trouble that is told.
func (m *mood) worst() (why hall.Reason, ok bool) {
	list := weights()
	i := slices.IndexFunc(list, func(code string) bool { _, is := m.wrong[code]; return is })
	if i < 0 {
		return why, false
	}
	return hall.Reason{Code: list[i], Detail: m.wrong[list[i]]}, true
}

// tell brings the sink to what is true. Devices whose figures cannot be right are stuck.
func (m *mood) tell(sink driver.Sink) {
	if sink == nil {
		return
	}
	why, bad := m.worst()
	switch {
	case bad:
		sink.Degraded(why.Code == codeVideoLoss || why.Code == codeResets, why)
		m.told = why.Code
	case m.told != "":
		sink.Healthy()
		m.told = ""
	}
}
