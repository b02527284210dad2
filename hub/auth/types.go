// Package auth knows who may see and do what: accounts with roles, sessions and API tokens. It denies by default.
package auth

import (
	"slices"

	"hallpulse/hall"
)

// Role of an account.
type Role string

// The roles.
const (
	HallManager   Role = "hall_manager"   // sees only their hall
	CountyOfficer Role = "county_officer" // sees every hall
	Auditor       Role = "auditor"        // sees every hall, changes nothing
	Administrator Role = "administrator"  // also accounts, gateways, refusals
)

// Identity is who asks, after a session or a token was checked.
type Identity struct {
	Name  string        // account name
	Role  Role          //
	Halls []hall.HallID // for hall_manager; nobody else
	Token bool          // by API token, not by session
}

// All says whether the identity sees every hall.
func (i Identity) All() bool {
	return i.Role == CountyOfficer || i.Role == Auditor || i.Role == Administrator
}

// MaySee says whether the identity sees a hall.
func (i Identity) MaySee(id hall.HallID) bool { return i.All() || slices.Contains(i.Halls, id) }

// MayAct says whether the identity may acknowledge alerts of a hall it sees.
func (i Identity) MayAct(id hall.HallID) bool { return i.Role != Auditor && i.MaySee(id) }

// Scope gives the halls to ask the store for: nil is every hall, empty is none.
func (i Identity) Scope() []hall.HallID {
	if i.All() {
		return nil
	}
	if i.Halls == nil {
		return []hall.HallID{}
	}
	return i.Halls
}
