package present

import (
	"cmp"
	"slices"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/live"
)

// Hall is a hall as a page shows it, in one language.
type Hall struct {
	ID, Name, Township string
	Verdict            Verdict
	Link               live.Link
	Current            bool   // what is shown is now
	AsOf               string // 09:41: when the figures were true, where they are not now
	LinkSince          time.Time

	QueueKnown       bool
	QueueNone        bool // the hall owns nothing that tells of a queue: no figure is better than a zero
	Waiting          int
	Estimated        bool
	Oldest           time.Time // of the queue; zero: nobody waits
	OldestMinutes    int
	Issued, Served   int
	NoShows          int
	MeanWait         string
	MaxWait          string
	Categories       []Category
	Windows          []Window
	Open, WindowsAll int
	Gaps             []Gap
	GapTime          string

	ZonesKnown      bool
	ZonesNone       bool // nobody counts the hall's people
	People          int
	PeopleEstimated bool
	Zones           []Zone

	DevicesKnown  bool
	Abnormal      int
	AbnormalLevel Level // of the worst of them
	Devices       []Device

	MeasuresNone bool // the hall has nothing that measures
	Measures     []Measure

	RatingsKnown bool
	RatingsNone  bool // the hall has nothing to rate with
	Ratings      int
	Good, Bad    int
	GoodRate     string
	Levels       []RatingLevel

	StaffKnown bool
	StaffNone  bool // the hall has nothing to punch at
	Present    []Presence

	ClockUnsure  bool
	FactsPending uint64
	Dropped      uint64
	DiskFull     bool
}

// Category is one line of a hall's queue.
type Category struct {
	Name           string
	Prefix         string
	Waiting        int
	Oldest         time.Time
	Minutes        int
	Issued, Served int
}

// Window is one window of a hall.
type Window struct {
	Name    string
	Open    bool
	Serving string
	Matter  string
	Since   time.Time
	Minutes int
	Served  int
}

// Zone is one area of a hall.
type Zone struct {
	Name      string
	People    int
	Known     bool
	Away      bool // its counter is away
	Estimated bool
	Drift     int // people taken away by recounts today
}

// RatingLevel is one of the five levels of today's ratings.
type RatingLevel struct {
	Level int
	Key   string
	Count int
	Bad   bool
}

// Presence is a person who is in.
type Presence struct {
	Staff string
	Since string
}

// Gap is a stretch in which nothing was read.
type Gap struct{ From, To, Lasts, Reason string }

// Presenter makes pages' values.
type Presenter struct {
	cat   *Catalog
	judge Judge
}

// New gives a presenter.
func New(cat *Catalog, judge Judge) *Presenter { return &Presenter{cat, judge} }

// Hall gives what pages show of a view.
func (p *Presenter) Hall(v live.View, lang string, now time.Time) Hall {
	loc := v.Desc.Location()
	h := Hall{
		ID: string(v.State.Hall), Name: v.Desc.Name.In(lang), Township: v.Desc.Township.In(lang),
		Verdict: p.Verdict(v, now), Link: v.Link, Current: v.Link == live.LinkOnline, LinkSince: v.LinkAt,
	}
	if v.Desc.ID != "" {
		h.ID = string(v.Desc.ID)
	}
	if h.Name == "" {
		h.Name = h.ID
	}
	if !h.Current {
		h.AsOf = ClockDay(v.Heard, now, loc)
	}
	p.queue(&h, &v, lang, waitsAt(&v, now), loc)
	p.zones(&h, &v, lang)
	p.devices(&h, &v, lang, now)
	p.ratings(&h, &v)
	p.staff(&h, &v, now, loc)
	p.measures(&h, &v, lang, now, loc)
	g := v.State.Gateway
	h.ClockUnsure = g.ClockMark == hall.Unsure || g.ClockMark == hall.Estimated
	h.FactsPending, h.Dropped, h.DiskFull = g.FactsPending, g.ReadingsDropped, g.DiskFull
	return h
}

// waitsAt is the instant up to which waits are known to have grown: a hall that is not heard may have called everybody.
func waitsAt(v *live.View, now time.Time) time.Time {
	if v.Link != live.LinkOnline && !v.Heard.IsZero() && v.Heard.Before(now) {
		return v.Heard
	}
	return now
}

func known(v *live.View, s hall.Section) bool { _, ok := v.Sections[s]; return ok }

// owns says whether a hall has a device of one of the families.
func owns(v *live.View, families ...hall.Family) bool {
	return slices.ContainsFunc(v.Desc.Devices, func(d hall.Device) bool { return slices.Contains(families, d.Family) })
}

func (p *Presenter) queue(h *Hall, v *live.View, lang string, now time.Time, loc *time.Location) {
	q := &v.State.Queue
	h.QueueNone = !slices.ContainsFunc(v.Desc.Devices, hall.Device.TellsQueue)
	h.QueueKnown = known(v, hall.SectionQueue) && !h.QueueNone
	h.Waiting, h.Estimated, h.Oldest = q.Waiting, q.Estimated, q.Oldest
	h.OldestMinutes = Minutes(q.Oldest, now)
	h.Issued, h.Served, h.NoShows = q.Issued, q.Served, q.NoShows
	h.MeanWait, h.MaxWait = None, None
	if q.WaitCount > 0 {
		h.MeanWait = p.Duration(lang, q.WaitSum/time.Duration(q.WaitCount))
		h.MaxWait = p.Duration(lang, q.WaitMax)
	}
	for _, c := range v.Desc.Categories {
		row := Category{Name: c.Name.In(lang), Prefix: c.Prefix}
		if i := slices.IndexFunc(q.Categories, func(s hall.CategoryQueue) bool { return s.ID == c.ID }); i >= 0 {
			s := q.Categories[i]
			row.Waiting, row.Oldest, row.Issued, row.Served = s.Waiting, s.Oldest, s.Issued, s.Served
			row.Minutes = Minutes(s.Oldest, now)
		}
		h.Categories = append(h.Categories, row)
	}
	p.windows(h, v, lang, now)
	var total time.Duration
	for _, g := range q.Gaps {
		total += g.To.Sub(g.From)
		h.Gaps = append(h.Gaps, Gap{Clock(g.From, loc), Clock(g.To, loc), p.Duration(lang, g.To.Sub(g.From)), p.cat.Or(lang, "gap."+g.Reason, g.Reason)})
	}
	h.GapTime = p.Duration(lang, total)
}

func (p *Presenter) windows(h *Hall, v *live.View, lang string, now time.Time) {
	h.WindowsAll = len(v.Desc.Windows)
	for _, w := range v.Desc.Windows {
		row := Window{Name: w.Name.In(lang)}
		if i := slices.IndexFunc(v.State.Queue.Windows, func(s hall.WindowState) bool { return s.ID == w.ID }); i >= 0 {
			s := v.State.Queue.Windows[i]
			row.Open, row.Serving, row.Since, row.Served = s.Open, s.Serving, s.Since, s.Served
			row.Minutes = Minutes(s.Since, now)
			for _, c := range v.Desc.Categories {
				if c.ID == s.Category && s.Category != "" {
					row.Matter = c.Name.In(lang)
				}
			}
		}
		if row.Open {
			h.Open++
		}
		h.Windows = append(h.Windows, row)
	}
}

func (p *Presenter) zones(h *Hall, v *live.View, lang string) {
	h.ZonesNone = !slices.ContainsFunc(v.Desc.Devices, hall.Device.CountsZone)
	h.ZonesKnown = known(v, hall.SectionZones) && !h.ZonesNone
	h.People = v.State.Zones.Total
	for _, z := range v.Desc.Zones {
		row := Zone{Name: z.Name.In(lang)}
		if i := slices.IndexFunc(v.State.Zones.Zones, func(s hall.ZoneState) bool { return s.ID == z.ID }); i >= 0 {
			s := v.State.Zones.Zones[i]
			row.People, row.Estimated, row.Known = s.People, s.Estimated, !s.Unknown
			row.Away, row.Drift = s.Unknown, max(s.Drift, 0)
			h.PeopleEstimated = h.PeopleEstimated || s.Estimated
		}
		h.Zones = append(h.Zones, row)
	}
}

func (p *Presenter) ratings(h *Hall, v *live.View) {
	r := v.State.Ratings
	h.RatingsNone = !owns(v, hall.Keypad)
	h.RatingsKnown = known(v, hall.SectionRatings) && !h.RatingsNone
	h.Ratings, h.Good, h.Bad = r.Total(), r.Good(), r.Bad()
	h.GoodRate = Percent(h.Good, h.Ratings)
	for level := 5; level >= 1; level-- {
		h.Levels = append(h.Levels, RatingLevel{level, ratingKey(level), r.Counts[level-1], level <= 2})
	}
}

func ratingKey(level int) string {
	return [...]string{"rating.1", "rating.2", "rating.3", "rating.4", "rating.5"}[min(max(level, 1), 5)-1]
}

func (p *Presenter) staff(h *Hall, v *live.View, now time.Time, loc *time.Location) {
	h.StaffNone = !owns(v, hall.Attendance)
	h.StaffKnown = known(v, hall.SectionStaff) && !h.StaffNone
	for _, s := range v.State.Staff.Present {
		h.Present = append(h.Present, Presence{string(s.Staff), ClockDay(s.Since, now, loc)})
	}
}

// WorstFirst orders halls: by level, then the longest wait, then how many wait, then by name.
func WorstFirst(halls []Hall) {
	slices.SortStableFunc(halls, func(a, b Hall) int {
		x, y := a.Rank(), b.Rank()
		return cmp.Or(cmp.Compare(x.level, y.level), cmp.Compare(y.severity, x.severity), cmp.Compare(a.ID, b.ID))
	})
}

// Rank is all that decides where a hall stands among others: while it is the same, the order is.
type Rank struct{ level, severity int }

// Rank gives the hall's.
func (h *Hall) Rank() Rank { return Rank{h.Verdict.Level.Rank(), h.severity()} }

// severity orders halls of one level; it moves only with what people would act on, so rows do not dance.
func (h *Hall) severity() int {
	if h.Verdict.Level == OK || h.Verdict.Level == Unknown {
		return 0
	}
	return h.OldestMinutes/5*100 + h.Abnormal
}

// Standing gives only what the order of halls needs.
func (p *Presenter) Standing(v live.View, now time.Time) Hall {
	h := Hall{ID: string(v.Desc.ID), Verdict: p.Verdict(v, now), OldestMinutes: Minutes(v.State.Queue.Oldest, waitsAt(&v, now))}
	for _, d := range v.State.Devices.Devices {
		if Abnormal(d.Health) {
			h.Abnormal++
		}
	}
	return h
}
