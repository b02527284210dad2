package hikvision

import (
	"slices"
	"time"
)

// Minor codes of alarms.
const (
	tamper   = 0x404
	restored = 0x405
)

// Verify records a person at the terminal's clock and tells it. minor is the code of the way it was verified (75: face); status
// is attendanceStatus, empty where the model has none.
func (d *Device) Verify(person string, minor int, status string) Record {
	return d.access(5, minor, person, status)
}

// Door records what a door or its button says (21: unlocked).
func (d *Device) Door(minor int) Record { return d.access(5, minor, "", "") }

// Tamper opens the terminal's case or closes it.
func (d *Device) Tamper(open bool) Record {
	if open {
		return d.access(1, tamper, "", "")
	}
	return d.access(1, restored, "", "")
}

func (d *Device) access(major, minor int, person, status string) (r Record) {
	d.update(func() {
		at := d.now()
		d.serial++
		r = Record{Serial: d.serial, Major: major, Minor: minor, Person: person, Status: status, Time: d.stamp(at), at: at}
		d.store(r)
		if d.faults.Lose > 0 {
			d.faults.Lose--
			return
		}
		d.tell(d.accessMessage(r, r.Serial-1, true))
	})
	d.nudge()
	return r
}

// Load puts events of the past into the memory, as if they had been told and forgotten by everybody.
func (d *Device) Load(at time.Time, minor int, persons ...string) {
	d.update(func() {
		for i, p := range persons {
			d.serial++
			t := at.Add(time.Duration(i) * time.Second)
			d.store(Record{Serial: d.serial, Major: 5, Minor: minor, Person: p, Time: d.stamp(t), at: t})
		}
	})
}

func (d *Device) store(r Record) {
	if len(d.records) >= capacity {
		d.records = slices.Delete(d.records, 0, 1)
	}
	d.records = append(d.records, r)
}

// Replay tells the whole memory again with its old times, as devices do when the listening host is set first.
func (d *Device) Replay() {
	d.update(func() {
		for _, r := range d.records {
			d.tell(d.accessMessage(r, r.Serial-1, false))
		}
	})
	d.nudge()
}

// ClearLog forgets every stored event; numbers begin anew.
func (d *Device) ClearLog() {
	d.update(func() { d.records, d.serial = nil, 0 })
}

// Walk lets people pass and tells the totals.
func (d *Device) Walk(in, out int) {
	d.update(func() {
		d.enter, d.exit = d.enter+int64(in), d.exit+int64(out)
		d.report(d.enter, d.exit, d.now(), false)
	})
	d.nudge()
}

// Report tells the totals again.
func (d *Device) Report() { d.Walk(0, 0) }

// Reset begins the totals anew, as at midnight, after a restart or by a command; nothing is told.
func (d *Device) Reset() { d.update(func() { d.enter, d.exit = 0, 0 }) }

// Retransmit tells a report of the past; marked says whether the device admits that it is one.
func (d *Device) Retransmit(enter, exit int64, at time.Time, marked bool) {
	d.update(func() { d.report(enter, exit, at, marked) })
	d.nudge()
}

func (d *Device) report(enter, exit int64, at time.Time, again bool) {
	d.tell(d.countMessage(enter, exit, at, again, false))
	if d.faults.Ranges {
		d.tell(d.countMessage(enter, exit, at, again, true))
	}
}

// Line tells how many people stand in a line.
func (d *Device) Line(people int) {
	d.update(func() { d.tell(d.lineMessage(people)) })
	d.nudge()
}

// VideoLoss tells that the camera lost its picture, or has it again.
func (d *Device) VideoLoss(lost bool) {
	d.update(func() { d.tell(d.videoMessage(lost)) })
	d.nudge()
}

// Say tells a message as it is, with these headers' type.
func (d *Device) Say(contentType string, text []byte) {
	d.update(func() { d.tell(message{contentType: contentType, text: text}) })
	d.nudge()
}

// tell queues a message for the listening host and gives it to every stream; the caller holds the lock.
func (d *Device) tell(m message) {
	if d.faults.HeartbeatsOnly || d.faults.Silent {
		return
	}
	if d.target != "" && len(d.pending) < maxPending {
		d.pending = append(d.pending, m)
	}
	d.broadcast(m)
}

func (d *Device) broadcast(m message) {
	for s := range d.streams {
		select {
		case s <- m:
		default: // a stream that is not read loses events
		}
	}
}

// now is the device's own clock, the caller holds the lock.
func (d *Device) now() time.Time { return d.o.Now().Add(d.faults.ClockOff) }

func (d *Device) stamp(t time.Time) string {
	layout := "2006-01-02T15:04:05-07:00"
	if d.faults.NoOffset {
		layout = "2006-01-02T15:04:05"
	}
	return t.In(d.o.Location).Format(layout)
}
