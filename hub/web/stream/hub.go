package stream

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
	"hallpulse/hub/web/present"
)

// tick is how often levels are judged again where nothing was heard: waits grow by themselves.
const tick = time.Second

// again is how long a reader that was dropped waits before it subscribes again.
const again = 50 * time.Millisecond

// maxScopes bounds the county sentences kept for accounts that see only some halls.
const maxScopes = 256

// LiveSource gives the halls now and every change after. A closed channel means that the reader was too slow.
type LiveSource interface {
	All() []live.View
	Subscribe() (initial []live.View, events <-chan live.Event, cancel func())
}

// AlertSource gives every change of an incident. A closed channel means that the reader was too slow.
type AlertSource interface {
	Subscribe() (events <-chan alert.Incident, cancel func())
}

// Options of a Hub.
type Options struct {
	Live      LiveSource
	Alerts    AlertSource
	Presenter *present.Presenter
	Renderer  *present.Renderer
	Now       func() time.Time
}

// Hub follows halls and alerts and tells its readers.
type Hub struct {
	o Options

	mu       sync.RWMutex
	views    map[hall.HallID]live.View
	versions map[Key]uint64
	county   uint64 // grows with any hall's change
	verdicts map[hall.HallID]present.Verdict
	ranks    map[hall.HallID]rank
	order    string
	subs     map[*Sub]struct{}
	cache    map[cacheKey]*entry
}

type cacheKey struct {
	key   Key
	lang  string
	scope string
}

type entry struct {
	mu      sync.Mutex
	version uint64
	html    []byte
	made    bool
}

// New gives a hub that knows nothing until Run.
func New(o Options) *Hub {
	h := &Hub{
		o: o, views: map[hall.HallID]live.View{}, versions: map[Key]uint64{}, verdicts: map[hall.HallID]present.Verdict{}, ranks: map[hall.HallID]rank{},
		subs: map[*Sub]struct{}{}, cache: map[cacheKey]*entry{},
	}
	for _, v := range o.Live.All() {
		h.views[v.Desc.ID] = v
	}
	return h
}

// Run follows the sources until ctx ends.
func (h *Hub) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { h.followLive(ctx) })
	wg.Go(func() { h.followAlerts(ctx) })
	wg.Go(func() { h.judgeAgain(ctx) })
	wg.Wait()
}

// followLive subscribes again whenever it was too slow: the initial views make good what was missed.
func (h *Hub) followLive(ctx context.Context) {
	for ctx.Err() == nil {
		initial, events, cancel := h.o.Live.Subscribe()
		for _, v := range initial {
			h.apply(live.Event{Hall: v.Desc.ID, View: v})
		}
		h.drain(ctx, events)
		cancel()
		pause(ctx)
	}
}

// pause keeps a source that always refuses from being asked in a tight loop.
func pause(ctx context.Context) {
	t := time.NewTimer(again)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (h *Hub) drain(ctx context.Context, events <-chan live.Event) {
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			h.apply(e)
		case <-ctx.Done():
			return
		}
	}
}

func (h *Hub) followAlerts(ctx context.Context) {
	for ctx.Err() == nil {
		events, cancel := h.o.Alerts.Subscribe()
		h.tell([]Key{{"", AlertList}})
		for open := true; open; {
			select {
			case i, ok := <-events:
				if open = ok; ok {
					h.tellAlert(i)
				}
			case <-ctx.Done():
				open = false
			}
		}
		cancel()
		pause(ctx)
	}
}

func (h *Hub) judgeAgain(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			h.rejudge()
		case <-ctx.Done():
			return
		}
	}
}

// apply takes a change in and tells who wants it.
func (h *Hub) apply(e live.Event) {
	keys := []Key{Raw(e.Hall, e.Section)}
	h.mu.Lock()
	h.views[e.Hall] = e.View
	for _, name := range affected(e.Section) {
		k := Key{e.Hall, name}
		h.versions[k]++
		keys = append(keys, k)
	}
	if slices.ContainsFunc(keys, func(k Key) bool { return k.Name == Row }) {
		h.county++
		keys = append(keys, Key{"", CountyHead})
	}
	if e.Section == hall.SectionDevices || e.Section == "" {
		keys = append(keys, Key{"", DeviceList})
	}
	if h.moved(e.View, h.o.Now()) {
		keys = append(keys, h.reorder()...)
	}
	h.mu.Unlock()
	h.tell(keys)
}

// rank is where a hall stands among the others.
type rank struct {
	present.Rank
	listed bool
}

// moved says whether a hall may stand elsewhere than before: sorting a whole county for every message of a hall would cost
// more than everything else here. It is called with mu held.
func (h *Hub) moved(v live.View, now time.Time) bool {
	s := h.o.Presenter.Standing(v, now)
	r := rank{s.Rank(), listed(v.Desc.ID, v, nil)}
	before, known := h.ranks[v.Desc.ID]
	h.ranks[v.Desc.ID] = r
	return !known || r != before
}

// rejudge finds halls whose level changed because time passed.
func (h *Hub) rejudge() {
	now := h.o.Now()
	var keys []Key
	moved := false
	h.mu.Lock()
	for id, v := range h.views {
		moved = h.moved(v, now) || moved
		verdict := h.o.Presenter.Verdict(v, now)
		if before, judged := h.verdicts[id]; judged && before == verdict {
			continue
		}
		h.verdicts[id] = verdict
		for _, name := range []string{Row, Head, Queue} {
			k := Key{id, name}
			h.versions[k]++
			keys = append(keys, k)
		}
	}
	if len(keys) > 0 {
		h.county++
		keys = append(keys, Key{"", CountyHead})
	}
	if moved {
		keys = append(keys, h.reorder()...)
	}
	h.mu.Unlock()
	h.tell(keys)
}

// reorder says whether the halls stand in another order than before. It is called with mu held.
func (h *Hub) reorder() []Key {
	order := strings.Join(h.sorted(nil), " ")
	if order == h.order {
		return nil
	}
	h.order = order
	return []Key{{"", CountyOrder}}
}

func (h *Hub) sorted(scope []hall.HallID) []string {
	now := h.o.Now()
	rows := make([]present.Hall, 0, len(h.views))
	for id, v := range h.views {
		if listed(id, v, scope) {
			rows = append(rows, h.o.Presenter.Standing(v, now))
		}
	}
	present.WorstFirst(rows)
	return present.County{Halls: rows}.Order()
}

func (h *Hub) tell(keys []Key) {
	if len(keys) == 0 {
		return
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for s := range h.subs {
		s.offer(keys)
	}
}

func (h *Hub) tellAlert(i alert.Incident) {
	h.tell([]Key{{"", AlertList}})
	h.mu.RLock()
	defer h.mu.RUnlock()
	for s := range h.subs {
		s.offerAlert(i)
	}
}

// Subscribe adds a reader; the caller must call cancel.
func (h *Hub) Subscribe(f Filter) (s *Sub, cancel func()) {
	s = newSub(f)
	h.mu.Lock()
	h.subs[s] = struct{}{}
	h.mu.Unlock()
	return s, func() {
		h.mu.Lock()
		delete(h.subs, s)
		h.mu.Unlock()
	}
}

// View gives what was last heard of a hall.
func (h *Hub) View(id hall.HallID) (live.View, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	v, ok := h.views[id]
	return v, ok
}

// listed says whether a hall stands on the lists of a scope: one that nobody waits for any more does not.
func listed(id hall.HallID, v live.View, scope []hall.HallID) bool {
	return v.Link != live.LinkRetired && (scope == nil || slices.Contains(scope, id))
}

// Views gives the halls of a scope (nil: every hall) that are listed, in no order.
func (h *Hub) Views(scope []hall.HallID) []live.View {
	h.mu.RLock()
	defer h.mu.RUnlock()
	list := make([]live.View, 0, len(h.views))
	for id, v := range h.views {
		if listed(id, v, scope) {
			list = append(list, v)
		}
	}
	return list
}

// Order gives the halls of a scope, worst first.
func (h *Hub) Order(scope []hall.HallID) []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.sorted(scope)
}

// Fragment gives the newest content of a hall's fragment.
func (h *Hub) Fragment(k Key, lang string) ([]byte, error) {
	e := h.entry(cacheKey{key: k, lang: lang})
	e.mu.Lock()
	defer e.mu.Unlock()
	h.mu.RLock()
	v, ok := h.views[k.Hall]
	version := h.versions[k]
	h.mu.RUnlock()
	if !ok {
		return nil, fmt.Errorf("stream: no hall %q", k.Hall)
	}
	if e.made && e.version == version {
		return e.html, nil
	}
	html, err := h.o.Renderer.Render("hall-"+k.Name, lang, h.o.Presenter.Hall(v, lang, h.o.Now()))
	if err != nil {
		return nil, err
	}
	e.html, e.version, e.made = html, version, true
	return html, nil
}

// CountyHead gives the sentence and the totals over a scope (nil: every hall).
func (h *Hub) CountyHead(scope []hall.HallID, lang string) ([]byte, error) {
	e := h.entry(cacheKey{key: Key{"", CountyHead}, lang: lang, scope: scopeKey(scope)})
	e.mu.Lock()
	defer e.mu.Unlock()
	h.mu.RLock()
	version := h.county
	h.mu.RUnlock()
	if e.made && e.version == version {
		return e.html, nil
	}
	html, err := h.o.Renderer.Render("county-head", lang, h.o.Presenter.County(h.Views(scope), lang, h.o.Now()))
	if err != nil {
		return nil, err
	}
	e.html, e.version, e.made = html, version, true
	return html, nil
}

// scopeKey never takes "some halls" for "every hall".
func scopeKey(scope []hall.HallID) string {
	if scope == nil {
		return "*"
	}
	ids := make([]string, len(scope))
	for i, id := range scope {
		ids[i] = string(id)
	}
	slices.Sort(ids)
	return "=" + strings.Join(ids, ",")
}

func (h *Hub) entry(k cacheKey) *entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.cache[k]; e != nil {
		return e
	}
	if k.key.Hall == "" && len(h.cache) > len(h.views)*2*8+maxScopes {
		for old := range h.cache {
			if old.key.Hall == "" {
				delete(h.cache, old)
			}
		}
	}
	e := &entry{}
	h.cache[k] = e
	return e
}
