package agent

import "hallpulse/edge/config"

func modbusFamilies() map[config.Driver]constructor { return nil }
