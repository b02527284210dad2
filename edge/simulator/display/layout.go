package display

import "fmt"

// Layout is the form of the frames of a bus.
type Layout uint8

// The layouts.
const (
	ASCII  Layout = iota // $001,A012# of LED bars; no check
	Caller               // FF 68 L L 68 ADDR CMD text SUM 16 of dot-matrix callers
)

// Bytes of a caller's frame.
const (
	callerShow = 0x01
	callerEnd  = 0x16
)

// frame gives the bytes that show text on the display at address.
func (l Layout) frame(address int, text string) []byte {
	if l == ASCII {
		return fmt.Appendf(nil, "$%03d,%s#", address, text)
	}
	body := append([]byte{byte(address), callerShow}, text...)
	sum := byte(0)
	for _, c := range body {
		sum += c
	}
	n := byte(len(body))
	frame := append([]byte{0xFF, 0x68, n, n, 0x68}, body...)
	return append(frame, sum, callerEnd)
}
