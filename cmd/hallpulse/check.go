package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"hallpulse/edge/agent"
	"hallpulse/edge/config"
	"hallpulse/hub/app"
)

// errConfig says that a file was wrong; what is wrong was told.
var errConfig = errors.New("hallpulse: the configuration is wrong (配置有误)")

// checkConfig checks configuration files and tells every mistake of each.
func (t *tool) checkConfig(args []string) error {
	f := t.flags("check-config")
	hub := f.Bool("hub", false, "the files are of a hub; without it their content decides (按县级平台配置检查)")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		t.tell("hallpulse: check-config wants a file (请给出配置文件)\n")
		return errUsage
	}
	wrong := false
	for _, file := range f.Args() {
		if err := checkFile(file, *hub); err != nil {
			wrong = true
			t.tell("%v\n", err)
			continue
		}
		t.say("%s: 配置正确 | the configuration is right\n", file)
	}
	if wrong {
		return errConfig
	}
	return nil
}

func checkFile(file string, hub bool) error {
	if !hub {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("hallpulse: %w", err)
		}
		hub = isHub(data)
	}
	if hub {
		_, err := app.Load(file)
		return err
	}
	c, err := config.Load(file)
	if err != nil {
		return err
	}
	return agent.Check(c)
}

// isHub tells a hub.yaml by a block that only hubs have, where no hall is described.
func isHub(data []byte) bool {
	hub := false
	for line := range bytes.Lines(data) {
		key, _, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		switch k := string(bytes.TrimRight(key, " \t")); {
		case k == "hall":
			return false
		case slices.Contains([]string{"web", "mqtt", "series", "alerts", "webhook"}, k):
			hub = true
		}
	}
	return hub
}
