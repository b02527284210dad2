package agent

import (
	"fmt"
	"slices"
	"time"

	"hallpulse/edge/control"
	"hallpulse/edge/driver/attendance"
	"hallpulse/hall"
	"hallpulse/hall/conf"
)

var (
	_ control.Orderer      = (*hand)(nil)
	_ control.Acknowledger = (*hand)(nil)
)

// Order tells a terminal to do something at its next poll. from and to are on the terminal's wall clock, if they name no zone.
func (h *hand) Order(serial, kind, from, to string) (control.Terminal, error) {
	if err := h.known(serial); err != nil {
		return control.Terminal{}, err
	}
	cmd, err := command(kind, from, to, h.zone(serial))
	if err != nil {
		return control.Terminal{}, err
	}
	if err := h.a.terminal.Order(serial, cmd); err != nil {
		return control.Terminal{}, fmt.Errorf("agent: order %s: %w", kind, err)
	}
	for _, t := range h.Terminals() {
		if t.Serial == serial {
			return t, nil
		}
	}
	return control.Terminal{}, h.known(serial)
}

// Acknowledge ends the alarm that a terminal's case was opened.
func (h *hand) Acknowledge(serial string) error {
	if err := h.known(serial); err != nil {
		return err
	}
	if err := h.a.terminal.Acknowledge(serial); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	return nil
}

// zone gives the zone of a terminal's wall clock.
func (h *hand) zone(serial string) *time.Location {
	for _, d := range h.a.cfg.Devices {
		if d.Zkteco != nil && d.Zkteco.Serial == serial {
			z := hall.Hall{TimeZone: d.Zkteco.TimeZone}
			return z.Location()
		}
	}
	return h.a.cfg.Location()
}

// known names a serial number that no configured terminal has, with the nearest that one has.
func (h *hand) known(serial string) error {
	var all []string
	if h.a.terminal != nil {
		for _, st := range h.a.terminal.Status() {
			if all = append(all, st.Serial); st.Serial == serial {
				return nil
			}
		}
		for _, p := range h.a.terminal.Pending() {
			if p.Serial == serial {
				return cannot(control.CodeUnknown, hall.Text{
					ZH: fmt.Sprintf("考勤机 %s 正在连接，但 hall.yaml 里没有它：先把它加入 devices", serial),
					EN: fmt.Sprintf("terminal %s calls, but is not in hall.yaml: add it to devices first", serial),
				})
			}
		}
	}
	if len(all) == 0 {
		return cannot(control.CodeUnknown, hall.Text{ZH: "本厅没有配置考勤机", EN: "this hall has no ZKTeco terminal"})
	}
	return unknown(hall.Text{ZH: "没有序列号为 %s 的考勤机", EN: "there is no terminal with serial number %s"}, serial, all)
}

// unknown names a word that is none of all, with the nearest or the list of them.
func unknown(what hall.Text, word string, all []string) error {
	what = hall.Text{ZH: fmt.Sprintf(what.ZH, word), EN: fmt.Sprintf(what.EN, word)}
	if mend := conf.DidYouMean(word, all); mend.ZH != "" {
		what = hall.Text{ZH: what.ZH + "；" + mend.ZH, EN: what.EN + "; " + mend.EN}
	}
	return cannot(control.CodeUnknown, what)
}

func cannot(code string, text hall.Text) error { return &control.Problem{Code: code, Message: text} }

// maxOrderDays is the longest range of a question, the driver's own.
const maxOrderDays = 62

// command makes an order of its words.
func command(kind, from, to string, loc *time.Location) (c attendance.Command, err error) {
	c.Kind = attendance.CommandKind(kind)
	var all []string
	for _, k := range attendance.CommandKinds() {
		all = append(all, string(k))
	}
	if !slices.Contains(all, kind) {
		return c, unknown(hall.Text{ZH: "没有命令 %s", EN: "there is no order %s"}, kind, all)
	}
	ranged := c.Kind == attendance.CommandQuery || c.Kind == attendance.CommandVerify
	switch {
	case ranged && (from == "" || to == ""):
		return c, cannot(control.CodeRange, hall.Text{ZH: kind + " 需要起止时间（from 和 to）", EN: kind + " needs from and to"})
	case !ranged && (from != "" || to != ""):
		return c, cannot(control.CodeRange, hall.Text{ZH: kind + " 不需要起止时间", EN: kind + " takes no from and to"})
	case !ranged:
		return c, nil
	}
	for _, end := range []struct {
		text string
		to   *time.Time
		last bool
	}{{from, &c.From, false}, {to, &c.To, true}} {
		if *end.to, err = control.ParseTime(end.text, loc, end.last); err != nil {
			return c, cannot(control.CodeRange, hall.Text{
				ZH: fmt.Sprintf("时间 %.40q 无法识别，应如 2026-11-24 08:30", end.text), EN: fmt.Sprintf("time %.40q is not like 2026-11-24 08:30", end.text),
			})
		}
	}
	if !c.From.Before(c.To) || c.To.Sub(c.From) > maxOrderDays*24*time.Hour {
		return c, cannot(control.CodeRange, hall.Text{
			ZH: fmt.Sprintf("起始时间必须早于结束时间，且最多相差 %d 天", maxOrderDays),
			EN: fmt.Sprintf("from must be before to, by at most %d days", maxOrderDays),
		})
	}
	return c, nil
}
