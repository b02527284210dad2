package agent

import "hallpulse/edge/config"

func sensorFamilies() map[config.Driver]constructor { return nil }
