package attendance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hallpulse/edge/inbound"
	"hallpulse/edge/simulator/terminal"
)

// captured is a line of a real terminal's audit log.
const captured = "OPLOG 4\t0\t2020-02-23 00:04:08\t20156107\t0\t0\t0"

func TestParseOperation(t *testing.T) {
	o, err := ParseOperation([]byte(captured), cst)
	want := Operation{Type: 4, Time: time.Date(2020, 2, 22, 16, 4, 8, 0, time.UTC), Text: "2020-02-23 00:04:08", Objects: [4]string{"20156107", "0", "0", "0"}}
	if err != nil || o != want {
		t.Errorf("got %+v, %v", o, err)
	}
	o, err = ParseOperation([]byte("OPLOG 3\t0\t2026-10-05 08:00:00\t0\t55\t0\t0\r"), cst)
	if reason, ok := o.alarm(); err != nil || !ok || reason != alarmOpened {
		t.Errorf("got %+v, %v", o, err)
	}
	for _, bad := range []string{"", "OPLOG", "OPLOG 4", "OPLOG x\t0\t2026-10-05 08:00:00", "OPLOG 4\t0\t2026-02-31 08:00:00\t0", "OPLOG 4\t0\t2026-10-05 08:00:00\t1\t2\t3\t4\t5",
		"USER PIN=1", "OPLOG 99999\t0\t2026-10-05 08:00:00", "OPLOG 4\t" + strings.Repeat("x", maxLine)} {
		if _, err := ParseOperation([]byte(bad), cst); err == nil {
			t.Errorf("%.40q was taken", bad)
		}
	}
}

func TestUserPIN(t *testing.T) {
	for line, want := range map[string]string{"USER PIN=00017\tName=\xd5\xc5": "00017", "USER PIN=A1": "A1", "USER PIN=": "", "USER Name=x": "", "USER PIN=1 2\tName=x": "",
		"USER PIN=" + strings.Repeat("1", maxPIN+1): ""} {
		if got, ok := userPIN([]byte(line)); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", line, got, ok)
		}
	}
}

func TestParseInfo(t *testing.T) {
	i, ok := ParseInfo("Ver 2.0.33S,12,34,1560,192.168.1.201,10,7,12,13,111,5,6,7")
	if want := (Info{"Ver 2.0.33S", 12, 34, 1560, "192.168.1.201", 13, 5}); !ok || i != want {
		t.Errorf("got %+v", i)
	}
	if i, ok = ParseInfo("Ver 1,x,,9"); !ok || i != (Info{"Ver 1", -1, -1, 9, "", -1, -1}) {
		t.Errorf("got %+v", i)
	}
	for _, bad := range []string{"", "Ver", "DeviceType=acc", strings.Repeat(",", 99)} {
		if _, ok := ParseInfo(bad); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestAuditLog: what the log says is counted, and nothing of a user but that there is one.
func TestAuditLog(t *testing.T) {
	st := open(t, Options{})
	sim := plug(t, st, nil)
	sim.Operate(0)
	sim.Operate(1)
	sim.Operate(21)
	sim.Operate(71, "1001")
	sim.Operate(13)
	sim.Operate(32)
	sim.User("1001")
	sim.User("1001")
	sim.User("1002")
	sim.OperateAt("2026-02-31 00:00:00", 4)
	drained(t, sim)
	poll(t, func() bool { return st.drv.Status().Says != nil })
	s := st.drv.Status()
	s.Log.LastPowerOn, s.Log.LastTimeSet = "", ""
	if want := (Operations{PowerOn: 1, PowerOff: 1, TimeSet: 1, Admin: 2, DataCleared: 1, Duress: 1}); s.Log != want || s.Users != 3 || s.PINs != 2 || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
	if *s.Says != (Info{"Ver 2.0.33S", 12, 34, 0, "127.0.0.1", 12, -1}) {
		t.Errorf("says %+v", s.Says)
	}
	if text := fmt.Sprintf("%+v %q", st.drv.pins, st.sink.refused); strings.Contains(text, "secret") || strings.Contains(text, "Name") {
		t.Errorf("kept %s", text)
	}
}

func TestTamper(t *testing.T) {
	st := open(t, Options{})
	sim := plug(t, st, nil)
	is := func(code string) func() bool {
		return func() bool { h := st.sink.health(); return h == nil && code == "" || h != nil && h.Code == code }
	}
	now := time.Now().In(cst)
	sim.OperateAt(now.Add(-48*time.Hour).Format(timeLayout), 3, "0", "55") // of the day before yesterday
	sim.Operate(0)
	drained(t, sim)
	if !is("")() {
		t.Errorf("an old alarm was taken for one of now: %+v", st.sink.health())
	}
	at := now.Add(-3 * time.Second).Format(timeLayout)
	sim.OperateAt(at, 3, "0", "55")
	poll(t, is("tamper"))
	sim.Punch("1001", 0, 1)
	drained(t, sim)
	if !is("tamper")() {
		t.Error("a punch made it forgotten")
	}
	if err := st.srv.Acknowledge(serial); err != nil || !is("")() {
		t.Errorf("not acknowledged: %v", err)
	}
	sim.OperateAt(at, 3, "0", "55") // told again
	drained(t, sim)
	if !is("")() {
		t.Error("an acknowledged alarm came back")
	}
	sim.Tamper(true)
	poll(t, is("tamper"))
	sim.Tamper(false)
	poll(t, is(""))
	if err := st.srv.Acknowledge("NOBODY"); err == nil {
		t.Error("acknowledged for nobody")
	}
}

// TestTwoOfOneSerial: both are read, and that there are two is told.
func TestTwoOfOneSerial(t *testing.T) {
	st := open(t, Options{})
	a := plug(t, st, func(o *terminal.Options) { o.Poll = 50 * time.Millisecond })
	b := plug(t, st, func(o *terminal.Options) { o.Local, o.Poll = "127.0.0.2", 50*time.Millisecond })
	poll(t, func() bool { h := st.sink.health(); return h != nil && h.Code == "serial_twice" })
	a.Punch("1", 0, 1)
	b.Punch("2", 0, 1)
	drained(t, a)
	drained(t, b)
	if got := st.sink.punches(); len(got) != 2 {
		t.Errorf("got %q", got)
	}
	var w twins
	now := time.Now()
	for i, from := range []string{"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"} { // it moves
		if w.call(inbound.AddrOf(from), now.Add(time.Duration(i)*time.Second)) {
			t.Errorf("%s was taken for a twin", from)
		}
	}
}
