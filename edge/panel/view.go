package panel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hallpulse/dashboards/words"
	"hallpulse/hall"
	"hallpulse/hall/rule"
)

// view is what the page's template sees: words and figures, ready to print.
type view struct {
	Lang, Other      string
	T                map[string]string
	Hall, AsOf       string
	Link, LinkClass  string
	Waiting, Longest string
	People, Open     string
	Categories       []row
	Windows          []row
	Zones            []row
	Measures         []row
	Devices          []row
	Terminals        []terminalRow
	Staff, Ratings   string
	Rated            string // how many ratings; empty: none
	Headline, Level  string // the one sentence that matters
	Refusals         []row
	Strangers        []row
	Troubles         []string
	Estimated        bool
}

// row is one line of a table.
type row struct{ Name, Value, More, Class string }

func (p *Panel) view(lang string) view {
	desc, s, t := p.opts.Source.Describe(), p.opts.Source.State(), p.messages[lang]
	loc, now := desc.Location(), s.AsOf // the hall's clock: the system's may be wrong
	v := view{Lang: lang, Other: map[string]string{"zh": "en", "en": "zh"}[lang], T: t, Hall: desc.Name.In(lang), AsOf: now.In(loc).Format("15:04:05")}
	v.Link, v.LinkClass = linkText(p.opts.Source.Link(), t, loc)
	v.Troubles = troubles(s.Gateway, t)
	queue := slices.ContainsFunc(desc.Devices, hall.Device.TellsQueue)
	v.Waiting, v.People = figure(queue, s.Queue.Waiting), figure(slices.ContainsFunc(desc.Devices, hall.Device.CountsZone), s.Zones.Total)
	v.Longest, v.Estimated = age(s.Queue.Oldest, now, t), queue && s.Queue.Estimated
	open := 0
	names := map[hall.CategoryID]string{}
	for _, c := range desc.Categories {
		names[c.ID] = c.Name.In(lang)
	}
	for _, c := range s.Queue.Categories {
		if !queue {
			break // nothing tells of a queue: no row of zeros
		}
		v.Categories = append(v.Categories, row{Name: names[c.ID], Value: strconv.Itoa(c.Waiting), More: age(c.Oldest, now, t)})
	}
	for i, w := range s.Queue.Windows {
		r := row{Name: windowName(desc, i, w.ID, lang), Value: w.Serving, More: t["closed"]}
		if w.Open {
			open++
			r.More = t["open"]
		}
		if r.Value == "" {
			r.Value = none
		}
		if queue {
			v.Windows = append(v.Windows, r)
		}
	}
	v.Open = figure(queue, open)
	for _, z := range s.Zones.Zones {
		r := row{Name: zoneName(desc, z.ID, lang), Value: strconv.Itoa(z.People), More: fmt.Sprintf("%s %d / %s %d", t["in"], z.In, t["out"], z.Out)}
		switch {
		case z.Unknown:
			r.Value, r.More = none, t["counter_away"]
		case z.Estimated:
			r.More += " · " + t["estimated"]
		}
		if z.Drift > 0 {
			r.More += fmt.Sprintf(" · %s %d", t["drift"], z.Drift)
		}
		v.Zones = append(v.Zones, r)
	}
	v.Measures = measureRows(desc, s, t, lang, loc)
	v.Devices = deviceRows(desc, s.Devices, t, lang, loc)
	v.Terminals = terminalRows(desc, p.opts.Source.Terminals(), now, t, lang)
	v.Headline, v.Level = headline(v, s, desc, now)
	v.Staff = figure(owns(desc, hall.Attendance), len(s.Staff.Present))
	v.Ratings = t["none"]
	if n := s.Ratings.Total(); n > 0 {
		v.Ratings, v.Rated = strconv.Itoa(100*s.Ratings.Good()/n)+"%", fmt.Sprintf("%d %s", n, t["rated"])
	}
	for _, r := range p.opts.Source.Refusals() {
		v.Refusals = append(v.Refusals, row{Name: string(r.Device), Value: r.At.In(loc).Format("15:04:05"), More: r.Reason, Class: fmt.Sprintf("% x", r.Raw)})
	}
	for _, x := range p.opts.Source.Strangers() {
		v.Strangers = append(v.Strangers, row{Name: x.Serial, Value: x.Addr, More: x.Last.In(loc).Format("15:04:05")})
	}
	return v
}

// owns says whether a hall has a device of one of the families.
func owns(d hall.Hall, families ...hall.Family) bool {
	return slices.ContainsFunc(d.Devices, func(x hall.Device) bool { return slices.Contains(families, x.Family) })
}

// figure prints a count of what the hall can count.
func figure(counted bool, n int) string {
	if !counted {
		return none
	}
	return strconv.Itoa(n)
}

// none stands for what is not known.
const none = "–"

// troubles says what is wrong with the gateway itself.
func troubles(g hall.GatewayState, t map[string]string) (out []string) {
	if g.DiskFull {
		out = append(out, t["disk_full"])
	}
	if g.ReadingsDropped > 0 {
		out = append(out, fmt.Sprintf("%s %d", t["readings_dropped"], g.ReadingsDropped))
	}
	if g.ClockMark == hall.Unsure {
		out = append(out, t["clock_unsure"])
	}
	return out
}

// measureRows words what devices measure.
func measureRows(desc hall.Hall, s hall.State, t map[string]string, lang string, loc *time.Location) (out []row) {
	for _, m := range s.Measures.Measures {
		what := t["metric."+string(m.Metric)]
		if what == "" || m.Metric == hall.MetricCounted {
			continue // the zones have those
		}
		if m.Part != "" {
			what += " " + zoneName(desc, hall.ZoneID(m.Part), lang)
		}
		r := row{Name: deviceName(desc, m.Device, lang), More: what}
		text, unit := words.Value(func(k string) string { return t[k] }, func(d time.Duration) string { return spell(d, t) }, m.Metric, m.Value)
		if r.Value = text + " " + unit; s.AsOf.Sub(m.At) > hall.MeasureFresh {
			r.Value += " (" + m.At.In(loc).Format("15:04") + ")"
		}
		out = append(out, r)
	}
	return out
}

// spell gives a time in minutes.
func spell(d time.Duration, t map[string]string) string {
	return fmt.Sprintf("%d %s", int(d.Minutes()), t["minutes"])
}

func deviceName(d hall.Hall, id hall.DeviceID, lang string) string {
	for _, x := range d.Devices {
		if x.ID == id {
			return x.Name.In(lang)
		}
	}
	return string(id)
}

func deviceRows(desc hall.Hall, s hall.DevicesState, t map[string]string, lang string, loc *time.Location) (out []row) {
	names := map[hall.DeviceID]string{}
	for _, d := range desc.Devices {
		names[d.ID] = d.Name.In(lang)
	}
	for _, d := range s.Devices {
		more := t["reason."+d.Reason.Code]
		if more == "" {
			more = d.Reason.Code
		}
		if d.Reason.Detail != "" {
			more += " (" + d.Reason.Detail + ")"
		}
		if !d.Since.IsZero() {
			more = d.Since.In(loc).Format("15:04") + " " + more
		}
		if !d.LastSeen.IsZero() {
			more += fmt.Sprintf(" · %s %s", t["last_seen"], d.LastSeen.In(loc).Format("15:04:05"))
		}
		if d.Refused > 0 {
			more += fmt.Sprintf(" · %s %d", t["refused"], d.Refused)
		}
		out = append(out, row{Name: names[d.ID], Value: t["health_"+d.Health.String()], More: more, Class: d.Health.String()})
	}
	slices.SortStableFunc(out, func(a, b row) int { return rank(a.Class) - rank(b.Class) })
	return out
}

// rank puts what needs a person first.
func rank(health string) int {
	return slices.Index([]string{hall.HealthDown.String(), hall.HealthStuck.String(), hall.HealthDegraded.String(), hall.HealthUnknown.String(), hall.HealthOK.String()}, health)
}

// headline is the sentence that says where to act, and how much it matters. The rows of the devices are made already.
func headline(v view, s hall.State, desc hall.Hall, now time.Time) (text, level string) {
	level = rule.Judge(s, desc, rule.Limits{}, now).Level
	var parts, broken []string
	if v.Waiting != none && s.Queue.Waiting > 0 {
		parts = append(parts, fmt.Sprintf(v.T["head_waiting"], s.Queue.Waiting, v.Longest))
	}
	for _, d := range v.Devices {
		if d.Class != hall.HealthOK.String() && d.Class != hall.HealthUnknown.String() {
			broken = append(broken, d.Name)
		}
	}
	if len(broken) == 0 {
		return strings.Join(append(parts, v.T["head_ok"]), v.T["head_comma"]), level
	}
	if level == rule.OK {
		level = rule.Attention
	}
	parts = append(parts, fmt.Sprintf(v.T["head_broken"], len(broken), strings.Join(broken, v.T["head_list"])))
	return strings.Join(parts, v.T["head_comma"]), level
}

func linkText(l Link, t map[string]string, loc *time.Location) (text, class string) {
	switch {
	case l.Alone:
		return t["link_alone"], "ok"
	case l.Connected:
		text, class = t["link_up"], "ok"
	default:
		text, class = t["link_down"], "down"
		if !l.Since.IsZero() {
			text += " " + l.Since.In(loc).Format("15:04")
		}
		if l.Error != "" {
			text += " (" + l.Error + ")"
		}
	}
	if l.Pending > 0 {
		text += fmt.Sprintf(" · %s %d", t["pending"], l.Pending)
	}
	return text, class
}

// age gives how long ago t was, in minutes as the offices say it.
func age(since, now time.Time, t map[string]string) string {
	if since.IsZero() {
		return none
	}
	if now.Sub(since) < time.Minute {
		return t["under_minute"]
	}
	return fmt.Sprintf("%d %s", int(now.Sub(since).Minutes()), t["minutes"])
}

func windowName(d hall.Hall, i int, id hall.WindowID, lang string) string {
	if i < len(d.Windows) && d.Windows[i].ID == id {
		return d.Windows[i].Name.In(lang)
	}
	return string(id)
}

func zoneName(d hall.Hall, id hall.ZoneID, lang string) string {
	for _, z := range d.Zones {
		if z.ID == id {
			return z.Name.In(lang)
		}
	}
	return string(id)
}
