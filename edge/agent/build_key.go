package agent

import "hallpulse/edge/config"

func keyFamilies() map[config.Driver]constructor { return nil }
