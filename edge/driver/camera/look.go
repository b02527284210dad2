package camera

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"hallpulse/edge/driver"
	"hallpulse/hall"
)

// errPicture says that the camera answered, but not with a picture that can be used.
var errPicture = errors.New("no usable picture")

// sampleBytes of what is not a picture are kept for a person to see: enough to know a login page from a firmware error.
const sampleBytes = 128

// look is what one look at a camera found.
type look struct {
	asked, answered int
	failed          error // addresses that did not answer, joined
	unreadable      error // the snapshot answered with this instead of a picture
	raw             []byte
	seen            bool // luminance is set
	luminance       float64
	finding         *finding // what is wrong with the picture
	stalled         *finding // what is wrong with the stream that was played last
	took            time.Duration
	played          time.Duration // of it, watching the stream
}

// look asks every address once.
func (e *eye) look(ctx context.Context) (l look) {
	begin := time.Now() // a duration, whatever Options.Now says
	if e.stream != nil {
		limit, f := e.timeout, e.frames.due(e.now())
		if f != nil {
			limit += f.limit
		}
		err := e.ask(ctx, limit, e.stream.gate, func(ctx context.Context) error { return e.stream.ask(ctx, f) })
		l.heard("rtsp", show(e.stream.url), err)
		if f != nil {
			l.played = f.took
			e.frames.note(f)
		}
		l.stalled = e.frames.judge()
	}
	if e.still != nil {
		var body []byte
		err := e.ask(ctx, e.timeout, e.still.gate, func(ctx context.Context) (err error) {
			if body, err = e.still.fetch(ctx); err == nil {
				err = l.judge(ctx, &e.watch, body, e.now())
			}
			return err
		})
		if errors.Is(err, errPicture) {
			l.unreadable, l.raw = fmt.Errorf("snapshot %s: %w", show(e.still.url), err), sample(body)
			err = nil
		}
		l.heard("snapshot", show(e.still.url), err)
	}
	l.took = time.Since(begin)
	return l
}

// ask runs one probe with its own time limit, unless its gate is shut.
func (e *eye) ask(ctx context.Context, limit time.Duration, g *gate, probe func(context.Context) error) error {
	if err := g.shut(e.now()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v", limit))
	defer cancel()
	return g.note(probe(ctx), e.now())
}

// heard notes the answer of an address, or why there is none.
func (l *look) heard(what, where string, err error) {
	l.asked++
	if err == nil {
		l.answered++
		return
	}
	l.failed = errors.Join(l.failed, fmt.Errorf("%s %s: %w", what, where, err))
}

// judge looks at the fetched picture.
func (l *look) judge(ctx context.Context, w *watch, body []byte, now time.Time) error {
	s := sum(body)
	if !w.same(s) {
		g, err := measure(ctx, body)
		if err != nil {
			return fmt.Errorf("%w: %w", errPicture, err)
		}
		w.take(s, g, now)
	}
	l.seen, l.luminance, l.finding = true, w.last.mean, w.judge(now)
	return nil
}

// dead gives the error of a look that nothing answered.
func (l *look) dead() error {
	if l.answered > 0 {
		return nil
	}
	return fmt.Errorf("camera: %s", oneLine(l.failed)) // the causes are many: nobody can act on one of them
}

// tell reports the look. Seen comes first: a sink may take it as the end of an older trouble.
func (l *look) tell(out driver.Sink) {
	for range l.answered {
		out.Seen()
	}
	out.Reading(hall.MetricReadSeconds, "", (l.took - l.played).Seconds())
	if l.seen {
		out.Reading(hall.MetricLuminance, "", l.luminance)
	}
	if l.unreadable != nil {
		out.Refused(l.unreadable.Error(), l.raw)
	}
	if why, stuck := l.trouble(); why.Code != "" {
		out.Degraded(stuck, why)
		return
	}
	out.Healthy()
}

// trouble gives the worst of what was found. An address that is gone comes first: it hides what it would show.
func (l *look) trouble() (why hall.Reason, stuck bool) {
	found := l.finding
	if found == nil {
		found = l.stalled
	}
	switch {
	case l.failed != nil:
		why = hall.Reason{Code: "unreachable", Detail: oneLine(l.failed)}
		if l.finding != nil {
			why.Detail += "; picture " + l.finding.code + ": " + l.finding.detail
		}
	case l.unreadable != nil:
		why = hall.Reason{Code: "read_failed", Detail: l.unreadable.Error()}
	case found != nil:
		why, stuck = hall.Reason{Code: found.code, Detail: found.detail}, found.stuck
	}
	return why, stuck
}

// oneLine writes joined errors with semicolons.
func oneLine(err error) string {
	return string(bytes.ReplaceAll([]byte(err.Error()), []byte("\n"), []byte("; ")))
}

// sample gives the beginning of what is not a picture; of a broken picture nothing, because pictures are not kept.
func sample(body []byte) []byte {
	if isJPEG(body) || isPNG(body) {
		return nil
	}
	return body[:min(len(body), sampleBytes)]
}
