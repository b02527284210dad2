package hikvision

import (
	"encoding/json"
	"regexp"
)

// rawAccess is what is kept of an access event, by the device's own names and without what is nobody's business: the person's
// name and card, and what a picture shows.
type rawAccess struct {
	DateTime string `json:"dateTime"`
	Major    int    `json:"majorEventType"`
	Minor    int    `json:"subEventType"`
	Person   string `json:"employeeNoString,omitempty"`
	Serial   int64  `json:"serialNo,omitempty"`
	Status   string `json:"attendanceStatus,omitempty"`
	Reader   int    `json:"cardReaderNo,omitempty"`
	Door     int    `json:"doorNo,omitempty"`
}

func (a *Access) raw() []byte {
	p, _ := json.Marshal(rawAccess{DateTime: a.Time, Major: a.Major, Minor: a.Minor, Person: a.Person, Serial: a.Serial, Status: a.Status,
		Reader: a.Reader, Door: a.Door}) // plain strings and numbers cannot fail
	return p
}

// ours says whether raw wrote p, and no other driver.
func ours(p []byte) bool {
	var a rawAccess
	return len(p) > 0 && p[0] == '{' && json.Unmarshal(p, &a) == nil && a.Major != 0
}

// sampleBytes of what cannot be understood are kept for a person to see.
const sampleBytes = 256

// personal are the members and elements that name a person, in JSON and XML.
var personal = regexp.MustCompile(`(?i)(name|cardNo|employeeNo\w*|label|phone\w*|IDCardNo|certificateNumber|password|URL)("\s*:\s*"?|>)[^"<,}]*`)

// private copies the beginning of an event that was set aside, without what names a person.
func private(text []byte) []byte {
	return personal.ReplaceAll(text[:min(len(text), sampleBytes)], []byte("$1$2*"))
}
