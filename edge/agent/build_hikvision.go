package agent

import "hallpulse/edge/config"

func hikvisionFamilies() map[config.Driver]constructor { return nil }
