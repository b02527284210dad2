package display

// maxNumber is the longest number of a ticket, in characters.
const maxNumber = 8

// isNumber says whether a text is the number of a ticket: Latin letters and digits, with a digit. Displays also show the
// time (12:30), a test picture (8.8.8.8.) and dashes.
func isNumber(s string) bool {
	if len(s) > maxNumber {
		return false
	}
	digit := false
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			digit = true
		case (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'):
			return false
		}
	}
	return digit
}
