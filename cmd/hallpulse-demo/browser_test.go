package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// page is a tab of a real Chromium.
type page struct {
	t   *testing.T
	ctx context.Context
}

// newPage opens a browser; what its console says against the page fails the test.
func newPage(t *testing.T) page {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium on this machine")
	}
	profile, err := os.MkdirTemp("", "hallpulse-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1366, 768),
		chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, done := chromedp.NewExecAllocator(t.Context(), o...)
	t.Cleanup(done)
	ctx, done := chromedp.NewContext(alloc)
	t.Cleanup(done)
	ctx, done = context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(done)
	chromedp.ListenTarget(ctx, func(e any) {
		if x, ok := e.(*runtime.EventExceptionThrown); ok {
			t.Errorf("the page's script failed: %v", x.ExceptionDetails)
		}
	})
	return page{t, ctx}
}

func (p page) do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.shot("failed-" + what)
		p.t.Fatalf("%s: %v", what, err)
	}
}

// poll waits until a script is true in the page.
func poll(script string) chromedp.Action {
	return chromedp.Poll(script, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(150*time.Second))
}

// click clicks what the page holds at this instant: a live page may swap the element between finding and clicking it.
func click(selector string) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil)
}

// shot keeps a picture of the page where HALLPULSE_SHOTS names a folder.
func (p page) shot(name string) {
	dir := os.Getenv("HALLPULSE_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		p.t.Logf("screenshot %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		p.t.Error(err)
	}
}

func (p page) size(w, h int64, phone bool) {
	p.do("size", emulation.SetDeviceMetricsOverride(w, h, 1, phone))
}

// fits says whether nothing of the page is wider than the window.
func (p page) fits(what string) {
	p.t.Helper()
	var over int
	p.do("width", chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over))
	if over > 0 {
		p.t.Errorf("%s: the page is %d px wider than its window", what, over)
	}
}

func (p page) login(c *running, name string) {
	p.t.Helper()
	p.do("login", chromedp.Navigate(c.url+"/"), chromedp.WaitVisible("#name"), chromedp.SendKeys("#name", name), chromedp.SendKeys("#password", c.password(name)),
		chromedp.Click("button.primary"), chromedp.WaitVisible("[data-county]"))
}

// TestBrowser walks through a living county as a person does: log in, see figures move, see a queue grow too long, take the
// alert, switch the language.
func TestBrowser(t *testing.T) {
	c := start(t, "--halls", "2", "--stations", "2", "--speed", "6", "--faults=false")
	p := newPage(t)
	p.size(1366, 768, false)
	p.do("wrong password", chromedp.Navigate(c.url+"/"), chromedp.WaitVisible("#name"), chromedp.SendKeys("#name", "demo"),
		chromedp.SendKeys("#password", "not the password"), chromedp.Click("button.primary"), chromedp.WaitVisible("#login-error"))
	p.shot("login")
	p.login(c, "demo")
	p.do("every hall is live", poll(`document.querySelectorAll('[data-county] tbody tr').length === 4 && !document.querySelector('[data-county] .late') && !document.body.classList.contains('stale')`))
	p.do("a figure moves without a reload", chromedp.Evaluate(`window.marker = 1; window.first = document.querySelector('[data-v=waiting]').textContent`, nil),
		poll(`window.marker === 1 && document.querySelector('[data-v=waiting]').textContent !== window.first`))
	p.do("a hall turns red", poll(`!!document.querySelector('[data-county] tr[data-hall=jiangkou] .state.act')`))
	p.shot("overview")
	p.fits("overview")
	p.do("the hall's page", click(`tr[data-hall=jiangkou] .c-name a`), chromedp.WaitVisible(`[data-live="hall:jiangkou:queue"]`),
		poll(`!!document.querySelector('[data-chart] canvas')`))
	p.shot("hall")
	p.fits("hall")
	take := `form[hx-post$="/acknowledge"] button`
	p.do("take the alert", chromedp.Navigate(c.url+"/alerts"), poll(`!!window.htmx && !!document.querySelector('`+take+`')`))
	p.shot("alerts")
	p.do("take it", click(take), poll(`!document.querySelector('`+take+`') && document.querySelector('#list').textContent.includes('demo')`))
	p.shot("alerts-taken")
	p.do("devices", chromedp.Navigate(c.url+"/devices"), chromedp.WaitVisible("#list"))
	p.shot("devices")
	p.do("refusals", chromedp.Navigate(c.url+"/admin"), chromedp.WaitVisible("h1"))
	p.shot("admin")
	c.hook.wait(t, "firing")
	p.do("the alert ends by itself", chromedp.Navigate(c.url+"/alerts"), poll(`!document.querySelector('#list .state.act')`))
	c.hook.wait(t, "resolved")
	for path, name := range map[string]string{"/": "overview", "/halls/jiangkou": "hall", "/devices": "devices", "/alerts": "alerts"} {
		p.size(390, 844, true)
		p.do("phone", chromedp.Navigate(c.url+path), chromedp.WaitVisible("main"))
		p.shot("phone-" + name)
		p.fits("phone " + path)
	}
	p.size(1366, 768, false)
	p.do("English", chromedp.Navigate(c.url+"/"), chromedp.WaitVisible("[data-county]"), chromedp.Click(`.side .lang a, .side a.lang`),
		chromedp.WaitVisible(`html[lang=en] [data-county]`), poll(`document.body.textContent.includes('Waiting')`))
	p.shot("overview-en")
}

// TestManagerSeesOneHall logs in as the manager of one hall.
func TestManagerSeesOneHall(t *testing.T) {
	c := start(t, "--halls", "2", "--stations", "0", "--speed", "6", "--faults=false")
	p := newPage(t)
	p.login(c, "manager")
	p.do("one hall alone", poll(`document.querySelectorAll('[data-county] tbody tr').length === 1`))
	p.do("another hall is not there", chromedp.Navigate(c.url+"/halls/bailu"), poll(`document.body.textContent.includes('404')`))
	p.shot("manager-refused")
}
