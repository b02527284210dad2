package main

import (
	"errors"
	"fmt"
	"os"

	"hallpulse/edge/technician"
	"hallpulse/firmware-bridge/profile"
)

// replaying is what the flags of device replay say.
type replaying struct {
	file, profile string
	suggest       bool
	brief         bool
	fixture, name string
	lang          *language
}

func (t *tool) replayFlags(args []string) (*replaying, error) {
	r := &replaying{}
	f := t.flags("device replay")
	f.StringVar(&r.profile, "profile", "", "shipped profile or file; empty: that of the recording (协议名或文件)")
	f.BoolVar(&r.suggest, "suggest", false, "try every shipped profile (尝试全部内置协议)")
	f.BoolVar(&r.brief, "brief", false, "frames without their fields (不显示字段)")
	f.StringVar(&r.fixture, "fixture", "", "write a fixture for the test of the profiles into this folder (写成协议测试用例的目录)")
	f.StringVar(&r.name, "name", "recorded", "name of the fixture (用例名)")
	r.lang = in(f)
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' { // the file may come first
		r.file, args = args[0], args[1:]
	}
	if err := parse(f, args); err != nil {
		return nil, err
	}
	if r.file == "" && f.NArg() == 1 {
		r.file = f.Arg(0)
	} else if f.NArg() > 0 {
		r.file = ""
	}
	if r.file == "" || r.suggest && r.fixture != "" {
		t.tell("hallpulse: device replay wants a recording, and --fixture goes without --suggest (请给出一个录制文件)\n")
		return nil, errUsage
	}
	return r, nil
}

// deviceReplay plays a recording against a profile, or looks for the profile that fits.
func (t *tool) deviceReplay(args []string) error {
	r, err := t.replayFlags(args)
	if err != nil {
		return err
	}
	c, err := readCapture(r.file)
	if err != nil {
		return err
	}
	p := printed{t, r.lang.String()}
	if c.Torn {
		p.line(textTorn)
	}
	if r.profile == "" {
		r.profile = c.Header.Profile
	}
	if r.suggest || r.profile == "" {
		return p.suggest(c)
	}
	prof, err := profile.Load(r.profile)
	if err != nil {
		return err
	}
	p.line(textWithProfile, prof.Name(), prof.About().In(p.lang))
	sum := technician.Replay(c, prof, func(f technician.Frame) {
		if p.frame(f); !r.brief {
			p.pieces(f)
		}
	})
	p.summary(sum)
	if r.fixture != "" {
		path, err := technician.Fixture(r.fixture, r.name, c, prof)
		if err != nil {
			return fmt.Errorf("hallpulse: %w", err)
		}
		p.line(textFixture, path)
	}
	if sum.Frames == 0 {
		p.line(textNoFrames)
		return errDevice
	}
	return nil
}

func readCapture(file string) (c *technician.Capture, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("hallpulse: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if c, err = technician.Read(f); err != nil {
		return nil, fmt.Errorf("hallpulse: %s: %w", file, err)
	}
	return c, nil
}

// suggest ranks the shipped profiles.
func (p printed) suggest(c *technician.Capture) error {
	profiles, err := technician.Shipped()
	if err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	list := technician.Suggest(c, profiles)
	if len(list) == 0 {
		p.line(textNoMatch)
		return errDevice
	}
	p.line(textRanking)
	for _, m := range list {
		p.line(textMatch, 100*m.Score, m.Profile.Name(), m.Profile.About().In(p.lang), m.Summary.Frames, m.Summary.Refused)
	}
	return nil
}
