package agent

import "hallpulse/edge/config"

func environmentFamilies() map[config.Driver]constructor { return nil }
