package hall

import "testing"

// TestDeafDevice: what was not heard while a device could not be read is missing from the day's figures, and they say so.
func TestDeafDevice(t *testing.T) {
	s := begin(t)
	s.desc.Devices = append(s.desc.Devices, Device{ID: "printer", Family: Dispenser})
	health := func(id DeviceID, to Health) Changes {
		return s.tell(Fact{Kind: KindDevice, Device: id, Change: &DeviceChange{To: to}})
	}
	estimated := func() []bool {
		st := s.State(s.at)
		return []bool{st.Queue.Estimated, st.Zones.Zones[0].Estimated}
	}
	health("printer", HealthOK)
	want(t, "before", estimated(), []bool{false, false})
	c := health("printer", HealthDown)
	want(t, "sections", c.Sections, []Section{SectionDevices, SectionQueue})
	want(t, "printer is down", estimated(), []bool{true, false})
	health("printer", HealthOK)
	want(t, "before the hall opened it does not matter", estimated(), []bool{false, false})
	s.ticket("A001")
	s.pass(In)
	health("printer", HealthDown)
	health("printer", HealthOK)
	want(t, "a ticket may be missing", estimated(), []bool{true, false})
	want(t, "sections", health("beam", HealthStuck).Sections, []Section{SectionDevices, SectionZones})
	health("beam", HealthOK)
	want(t, "a passage may be missing", estimated(), []bool{true, true})
	health("k1", HealthDown)
	s.at = s.at.AddDate(0, 0, 1)
	want(t, "the next day begins anew", estimated(), []bool{false, false})
}
