package bench

import (
	"context"
	"errors"

	"hallpulse/cmd/hallpulse-demo/internal/bench/measure"
)

func keypressTable(context.Context, Options, string) (*measure.Table, error) {
	return nil, errors.ErrUnsupported
}
