package hall

// MaxHallID is the longest id of a hall, in bytes.
const MaxHallID = 32

// Valid says whether the id is [a-z0-9-]{1,32}: it stands in topics, addresses and file names.
func (id HallID) Valid() bool {
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return id != "" && len(id) <= MaxHallID
}
