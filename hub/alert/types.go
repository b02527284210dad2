package alert

import (
	"time"

	"hallpulse/hall"
)

// Status of an incident.
type Status string

// The life of an incident.
const (
	Pending      Status = "pending" // the condition holds, not yet for long enough
	Firing       Status = "firing"
	Acknowledged Status = "acknowledged"
	Resolved     Status = "resolved"
)

// Rule names an alert rule.
type Rule string

// The rules.
const (
	QueueTooLong Rule = "queue_too_long"
	WaitTooLong  Rule = "wait_too_long"
	DeviceDown   Rule = "device_down"
	GatewayLost  Rule = "gateway_lost"
)

// Incident is one occurrence of a condition, from first sight to resolution.
type Incident struct {
	ID             string      `json:"id"`
	Hall           hall.HallID `json:"hall"`
	Rule           Rule        `json:"rule"`
	Subject        string      `json:"subject,omitempty"` // device or category; empty: the hall
	Severity       string      `json:"severity"`          // attention, act
	Value          float64     `json:"value"`             // newest
	Limit          float64     `json:"limit"`
	Peak           float64     `json:"peak"`
	Reason         hall.Reason `json:"reason,omitzero"`
	Status         Status      `json:"status"`
	Since          time.Time   `json:"since"` // the condition was first seen
	FiredAt        time.Time   `json:"fired_at,omitzero"`
	AcknowledgedAt time.Time   `json:"acknowledged_at,omitzero"`
	AcknowledgedBy string      `json:"acknowledged_by,omitempty"`
	ResolvedAt     time.Time   `json:"resolved_at,omitzero"`
	Ended          string      `json:"ended,omitempty"`      // why it was resolved without its condition being over; empty: it is over
	Suppressed     bool        `json:"suppressed,omitempty"` // inhibited: its gateway is lost
}

// Why an incident was resolved, where it is not that its condition is over.
const (
	EndedRetired = "hall_retired"   // nobody waits for its hall any more
	EndedRemoved = "device_removed" // its hall has no such device any more
)
