package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"hallpulse/hall"
	"hallpulse/hub/alert"
	"hallpulse/hub/live"
)

// browser opens a real Chromium that holds a session of name; what its console says against the page fails the test.
func browser(t *testing.T, b *bench, base, name string) context.Context {
	t.Helper()
	path := ""
	for _, c := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(c); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine")
	}
	profile, err := os.MkdirTemp("", "hallpulse-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) }) // the browser may still be writing there
	_, cookie, _ := strings.Cut(b.session(t, name), "=")
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1366, 768),
		chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, done := chromedp.NewExecAllocator(t.Context(), o...)
	t.Cleanup(done)
	ctx, done := chromedp.NewContext(alloc)
	t.Cleanup(done)
	ctx, done = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	chromedp.ListenTarget(ctx, func(e any) {
		if x, ok := e.(*runtime.EventExceptionThrown); ok {
			t.Errorf("the page's script failed: %v", x.ExceptionDetails)
		}
	})
	set := chromedp.ActionFunc(func(ctx context.Context) error {
		return network.SetCookie(sessionCookie, cookie).WithURL(base).WithHTTPOnly(true).Do(ctx)
	})
	if err := chromedp.Run(ctx, set); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func run(t *testing.T, ctx context.Context, what string, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// poll waits until a script is true in the page.
func poll(script string) chromedp.Action {
	return chromedp.Poll(script, nil, chromedp.WithPollingInterval(5*time.Millisecond), chromedp.WithPollingTimeout(40*time.Second))
}

// click clicks what the page holds at this instant: a live page may swap the element between finding and clicking it.
func click(selector string) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil)
}

func TestBrowserSeesChanges(t *testing.T) {
	b := newBench(t, nil)
	base, stop := b.start(t)
	ctx := browser(t, b, base, "county-officer")
	run(t, ctx, "overview", chromedp.Navigate(base+"/"), poll(`document.querySelector('[data-county] tr[data-hall]').dataset.hall === 'jiangkou' && !document.body.classList.contains('stale')`))

	b.live.change("shaxi", hall.SectionQueue, func(v *live.View) {
		v.State.Queue.Waiting, v.State.Queue.Oldest = 21, time.Now().Add(-48*time.Minute)
	})
	run(t, ctx, "a change moves a hall up", poll(`(r => r.dataset.hall === 'shaxi' && r.querySelector('[data-v=waiting]').textContent === '21')(document.querySelector('[data-county] tbody tr'))`))
	stop()
	run(t, ctx, "a broken stream says so", poll(`document.body.classList.contains('stale') && document.querySelector('[data-stream-text]').textContent.includes('连接中断')`))
}

func TestBrowserTakesAnAlert(t *testing.T) {
	b := newBench(t, nil)
	base, stop := b.start(t)
	defer stop()
	ctx := browser(t, b, base, "county-officer")
	run(t, ctx, "take", chromedp.Navigate(base+"/alerts"), chromedp.WaitReady(`form[hx-post$="/a1/acknowledge"] button`),
		poll(`!!window.htmx && !!document.querySelector('form[hx-post$="/a1/acknowledge"]')`), click(`form[hx-post$="/a1/acknowledge"] button`),
		poll(`!document.querySelector('form[hx-post$="/a1/acknowledge"]') && document.querySelector('#list').textContent.includes('county-officer') && document.querySelector('[data-open-alerts]').textContent === '1'`))
	if i := b.alerts.List()[0]; i.Status != alert.Acknowledged || i.AcknowledgedBy != "county-officer" {
		t.Errorf("incident is %+v", i)
	}
	run(t, ctx, "filter", chromedp.Navigate(base+"/devices"), poll(`!!window.htmx && document.querySelectorAll('#list tbody tr').length === 16`),
		chromedp.Evaluate(`(s => { s.value = 'down'; s.dispatchEvent(new Event('change', {bubbles: true})); })(document.querySelector('select[name=state]'))`, nil),
		poll(`document.querySelectorAll('#list tbody tr').length === 1 && location.search.includes('state=down')`))
	b.live.change("shaxi", hall.SectionDevices, func(v *live.View) { v.State.Devices.Devices[0].Health = hall.HealthDown })
	run(t, ctx, "the filtered list is live", poll(`document.querySelectorAll('#list tbody tr').length === 2`))
}

// TestBrowserLatency measures from a hall's change to the changed page, and asserts only that every change arrives.
func TestBrowserLatency(t *testing.T) {
	b := newBench(t, nil)
	base, stop := b.start(t)
	defer stop()
	ctx := browser(t, b, base, "county-officer")
	run(t, ctx, "hall", chromedp.Navigate(base+"/halls/shaxi"), poll(`!!document.querySelector('[data-live="hall:shaxi:ratings"]')`))
	var took []time.Duration
	for i := range 60 {
		wait := make(chan error, 1)
		script := fmt.Sprintf(`new Promise(done => { const el = document.querySelector('[data-live="hall:shaxi:ratings"]'), is = () => el.querySelector('[data-v="r-5"]').textContent === '%d';
			window.armed = %d; if (is()) return done(Date.now()); const o = new MutationObserver(() => { if (is()) { o.disconnect(); done(Date.now()); } }); o.observe(el, {childList: true, subtree: true}); })`, 1000+i, i+1)
		var at float64
		go func() {
			wait <- chromedp.Run(ctx, chromedp.Evaluate(script, &at, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		}()
		run(t, ctx, "arm", poll(fmt.Sprintf(`window.armed === %d`, i+1)))
		began := time.Now()
		b.live.change("shaxi", hall.SectionRatings, func(v *live.View) { v.State.Ratings.Counts[4] = 1000 + i })
		if err := <-wait; err != nil {
			t.Fatal(err)
		}
		took = append(took, time.UnixMilli(int64(at)).Sub(began.Truncate(time.Millisecond)))
	}
	slices.Sort(took)
	t.Logf("change to page: median %v, p95 %v, worst of %d %v", took[len(took)/2], took[len(took)*95/100], len(took), took[len(took)-1])
}
