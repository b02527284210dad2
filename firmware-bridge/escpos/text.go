package escpos

import (
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// substitute stands for bytes that are no text of the printer's character set: DEL, which no printer prints.
const substitute = 0x7F

// decode gives a line's text; what is not GB18030 becomes U+FFFD, and so do characters of western code pages.
func decode(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return strings.Trim(strings.ReplaceAll(string(s), "\x7F", "\uFFFD"), " \u3000\u00A0")
}
