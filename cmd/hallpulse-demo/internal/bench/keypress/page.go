package keypress

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"

	"hallpulse/hall"
)

// Find gives the path of Chromium.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("keypress: no Chromium on this machine")
}

// page is a tab of a real browser.
type page struct {
	ctx   context.Context
	close func()
}

const (
	stepLimit = 20 * time.Second
	pollEvery = 20 * time.Millisecond
)

func openPage(ctx context.Context, path, profile string) (*page, error) {
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1366, 768),
		chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, end := chromedp.NewExecAllocator(ctx, o...)
	tab, cancel := chromedp.NewContext(alloc)
	p := &page{ctx: tab, close: func() { cancel(); end() }}
	if err := chromedp.Run(tab); err != nil { // without a limit: the browser would end with it
		p.close()
		return nil, fmt.Errorf("keypress: browser: %w", err)
	}
	return p, nil
}

func (p *page) do(what string, limit time.Duration, actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		return fmt.Errorf("keypress: %s: %w", what, err)
	}
	return nil
}

// holds waits until a script is true in the page.
func holds(script string, limit time.Duration) chromedp.Action {
	return chromedp.Poll(script, nil, chromedp.WithPollingInterval(pollEvery), chromedp.WithPollingTimeout(limit))
}

func (p *page) login(url, name, password string) error {
	return p.do("login", stepLimit, chromedp.Navigate(url+"/"), chromedp.WaitVisible("#name"), chromedp.SendKeys("#name", name),
		chromedp.SendKeys("#password", password), chromedp.Click("button.primary"), chromedp.WaitVisible("[data-county]"))
}

// observe notes in the page when the sum of the hall's ratings changes, on the page's clock.
const observe = `(() => {
	const card = document.querySelector('[data-live="hall:%s:ratings"]');
	const sum = () => Array.from(card.querySelectorAll('[data-v^="r-"]')).reduce((n, el) => n + Number(el.textContent), 0);
	let last = sum();
	window.seen = [];
	new MutationObserver(() => {
		const n = sum();
		if (n !== last) { last = n; window.seen.push({count: n, at: performance.timeOrigin + performance.now()}); }
	}).observe(card, {childList: true, subtree: true, characterData: true});
	return last;
})()`

// watch opens a hall's page, waits until it is live and begins to observe. It gives how many ratings it shows.
func (p *page) watch(url string, id hall.HallID) (base int, err error) {
	live := fmt.Sprintf(`!!document.querySelector('[data-live="hall:%s:ratings"] [data-v^="r-"]') && !document.body.classList.contains('stale')`, id)
	err = p.do("the hall's page", stepLimit, chromedp.Navigate(url+"/halls/"+string(id)), holds(live, stepLimit),
		chromedp.Sleep(time.Second), // the stream's first fragments
		chromedp.Evaluate(fmt.Sprintf(observe, id), &base))
	return base, err
}

// sight is a change that the page showed.
type sight struct {
	Count int     `json:"count"`
	At    float64 `json:"at"` // ms since 1970
}

func (s sight) at() time.Time { return time.UnixMicro(int64(s.At * 1000)) }

// seen waits until the page shows count ratings, and gives every change.
func (p *page) seen(count int) (list []sight, err error) {
	last := fmt.Sprintf(`window.seen.length > 0 && window.seen[window.seen.length-1].count >= %d`, count)
	err = p.do("the last press", stepLimit, holds(last, lastLimit), chromedp.Evaluate(`window.seen`, &list))
	return list, err
}
