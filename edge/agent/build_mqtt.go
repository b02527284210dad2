package agent

import "hallpulse/edge/config"

func mqttFamilies() map[config.Driver]constructor { return nil }
