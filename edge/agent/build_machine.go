package agent

import "hallpulse/edge/config"

func machineFamilies() map[config.Driver]constructor { return nil }
