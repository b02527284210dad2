package camera

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"hallpulse/edge/driver"
)

// errLogin says that the camera refused the user and password.
var errLogin = errors.New("login refused (401)")

// refusal gives the error of a 401. Without a login nothing can be locked.
func refusal(login bool) error {
	if login {
		return errLogin
	}
	return errors.New("wants a login (401), none is configured")
}

// loginPause keeps a wrong password from locking the camera's account: six tries in half an hour are under the limit of the
// usual cameras, and a longer pause would hide for too long that the password was mended.
const loginPause = 5 * time.Minute

// parse reads an address of the configuration. Its errors do not repeat the address: it may hold a password.
func parse(raw string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("camera: %s address cannot be understood: %w", schemes[0], driver.ErrPermanent)
	case !slices.Contains(schemes, u.Scheme) || u.Hostname() == "" || u.Fragment != "":
		return nil, fmt.Errorf("camera: address must be %s://host/path: %w", schemes[0], driver.ErrPermanent)
	case u.User != nil:
		return nil, fmt.Errorf("camera: %s address must not hold user or password: %w", schemes[0], driver.ErrPermanent)
	}
	return u, nil
}

// show names an address without what may be secret.
func show(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// gate keeps an address from being asked while its account may get locked.
type gate struct {
	until time.Time
	err   error
}

// shut gives the refusal that still counts at now, nil when the address may be asked.
func (g *gate) shut(now time.Time) error {
	if g.err != nil && now.Before(g.until) {
		return g.err
	}
	return nil
}

// note remembers a refused login.
func (g *gate) note(err error, now time.Time) error {
	g.err = nil
	if errors.Is(err, errLogin) {
		g.err, g.until = fmt.Errorf("%w; tried again every %v", err, loginPause), now.Add(loginPause)
		return g.err
	}
	return err
}
