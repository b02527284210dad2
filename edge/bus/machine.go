package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/host/v3"

	"hallpulse/edge/driver"
)

// look lets periph find the machine's buses and lines. It looks once in a program's life, however often it is asked.
func look() (*driverreg.State, error) {
	st, err := host.Init()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrPermanent, err)
	}
	return st, nil
}

// forbidden says whether err tells that the gateway's user may not open a device file. periph gives such errors as text alone.
func forbidden(err error) bool {
	return errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "permission denied")
}

// named says whether a name of the configuration means what a registry knows by this name, these aliases and this number.
func named(want, name string, aliases []string, number int) bool {
	if want == name || number >= 0 && want == fmt.Sprint(number) {
		return true
	}
	for _, a := range aliases {
		if want == a {
			return true
		}
	}
	return false
}

// list spells names for an error, the first few of many.
func list(names []string) string {
	if len(names) > namesShown {
		return strings.Join(names[:namesShown], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
