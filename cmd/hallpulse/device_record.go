package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"hallpulse/edge/technician"
	"hallpulse/firmware-bridge/profile"
)

// recording is what the flags of device record say.
type recording struct {
	source   technician.Source
	profile  string
	out      string
	mebibyte int
	length   time.Duration
	lang     *language
}

func (t *tool) recordFlags(args []string) (*recording, *flag.FlagSet, error) {
	f := t.flags("device record")
	r := &recording{}
	f.StringVar(&r.source.Port, "port", "", "serial port (串口), e.g. /dev/serial/by-id/usb-…")
	f.StringVar(&r.source.Address, "tcp", "", "host:port of a serial device server (串口服务器)")
	f.StringVar(&r.profile, "profile", "", "shipped profile or file: its line settings are used, its frames are shown (协议名或文件)")
	f.IntVar(&r.source.Line.Baud, "baud", 0, "baud rate; 0: the profile's, else 9600 (波特率)")
	f.IntVar(&r.source.Line.DataBits, "data-bits", 0, "data bits; 0: the profile's, else 8 (数据位)")
	f.StringVar(&r.source.Line.Parity, "parity", "", "none, odd, even, mark or space; empty: the profile's, else none (校验)")
	f.StringVar(&r.source.Line.StopBits, "stop-bits", "", "1 or 2; empty: the profile's, else 1 (停止位)")
	f.StringVar(&r.out, "out", "", "file to write, which must not be there (输出文件); empty: by the time")
	f.IntVar(&r.mebibyte, "max-size", technician.MaxRecord>>20, "size of the file in MiB (文件上限)")
	f.DurationVar(&r.length, "for", 0, "how long; 0: until Ctrl+C (时长)")
	r.lang = in(f)
	if err := parse(f, args); err != nil {
		return nil, nil, err
	}
	if (r.source.Port == "") == (r.source.Address == "") || f.NArg() > 0 || r.mebibyte < 1 || r.mebibyte > technician.MaxCapture>>20 || r.length < 0 {
		t.tell("hallpulse: device record wants --port or --tcp, a --max-size of 1 to %d, and no more (请给出 --port 或 --tcp)\n", technician.MaxCapture>>20)
		return nil, nil, errUsage
	}
	return r, f, nil
}

// deviceRecord records what a line carries.
func (t *tool) deviceRecord(ctx context.Context, args []string) error {
	r, _, err := t.recordFlags(args)
	if err != nil {
		return err
	}
	var prof *profile.Profile
	line := profile.Line{Baud: 9600, DataBits: 8, Parity: "none", StopBits: "1"}
	if r.profile != "" {
		if prof, err = profile.Load(r.profile); err != nil {
			return err
		}
		line = prof.Line()
	}
	r.fill(line)
	if r.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.length)
		defer cancel()
	}
	return r.run(ctx, printed{t, r.lang.String()}, prof)
}

// fill takes the settings that no flag gives.
func (r *recording) fill(usual profile.Line) {
	l := &r.source.Line
	if l.Baud == 0 {
		l.Baud = usual.Baud
	}
	if l.DataBits == 0 {
		l.DataBits = usual.DataBits
	}
	if l.Parity == "" {
		l.Parity = usual.Parity
	}
	if l.StopBits == "" {
		l.StopBits = usual.StopBits
	}
	if r.out == "" {
		r.out = "capture-" + time.Now().Format("20060102-150405") + ".txt"
	}
}

// run opens the line first: a file without a line would be left behind.
func (r *recording) run(ctx context.Context, p printed, prof *profile.Profile) (err error) {
	in, err := r.source.Open(ctx)
	if err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	defer func() { _ = in.Close() }() // nothing is written to it
	file, err := os.OpenFile(r.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	h := technician.Header{Date: time.Now(), Port: r.source.Name(), Settings: r.source.Settings(), Profile: r.profile}
	w, err := technician.NewWriter(file, h, r.mebibyte<<20)
	if err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	settings := h.Settings
	if settings == "" {
		settings = textNetwork.In(p.lang)
	}
	p.line(textRecording, h.Port, settings, r.out)
	sum, err := technician.Record(ctx, technician.RecordOptions{Line: in, To: w, Profile: prof, Frame: p.frame})
	if errors.Is(err, technician.ErrFull) {
		p.line(textFull, r.mebibyte)
		err = nil
	}
	p.line(textRecorded, r.out, sum.Bytes)
	if prof != nil {
		p.summary(sum)
	}
	if err == nil && sum.Bytes == 0 {
		p.line(textNothing)
		return errDevice
	}
	return err
}
