package edgeload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Latency is how long what a device said took from the wire to the disk, by the gateway's own histogram.
type Latency struct {
	Facts int           // measured
	P50   time.Duration // upper bounds of the histogram's buckets
	P99   time.Duration
}

// spoke is a bucket of what devices told by themselves: cameras and machines are asked, which takes as long as they take.
var spoke = regexp.MustCompile(`^hallpulse_driver_read_seconds_bucket\{device="((?:keypad|terminal|display|dispenser)[^"]*)",success="true",le="([^"]+)"\} (\d+)`)

// latency reads the gateway's metrics.
func (m *run) latency(ctx context.Context) (l Latency, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.hall.Panel+"/metrics", nil)
	if err != nil {
		return l, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return l, fmt.Errorf("edgeload: metrics: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	buckets := map[float64]int{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if x := spoke.FindStringSubmatch(lines.Text()); x != nil {
			le, err := strconv.ParseFloat(strings.Replace(x[2], "+Inf", "Inf", 1), 64)
			if err != nil {
				return l, err
			}
			n, err := strconv.Atoi(x[3])
			if err != nil {
				return l, err
			}
			buckets[le] += n
		}
	}
	return of(buckets), nil
}

// of reads cumulative buckets.
func of(buckets map[float64]int) (l Latency) {
	l.Facts = buckets[math.Inf(1)]
	var bounds []float64
	for le := range buckets {
		bounds = append(bounds, le)
	}
	slices.Sort(bounds)
	at := func(share float64) time.Duration {
		for _, le := range bounds {
			if float64(buckets[le]) >= share*float64(l.Facts) {
				if math.IsInf(le, 1) {
					return math.MaxInt64
				}
				return time.Duration(le * float64(time.Second))
			}
		}
		return 0
	}
	if l.Facts > 0 {
		l.P50, l.P99 = at(.5), at(.99)
	}
	return l
}
