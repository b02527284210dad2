package agent

import "hallpulse/edge/config"

func visionFamilies() map[config.Driver]constructor { return nil }
