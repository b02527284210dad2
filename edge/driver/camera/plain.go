package camera

import (
	"encoding/binary"
	"image"
	"image/color"
)

// Markers of a JPEG (ITU-T T.81, table B.1).
const (
	markerSOF0 = 0xC0 // baseline
	markerSOF1 = 0xC1 // extended sequential
	markerSOF2 = 0xC2 // progressive
	markerRST0 = 0xD0 // the first of those without a length: RST0–7, SOI, EOI
	markerEOI  = 0xD9
	markerSOS  = 0xDA
)

// isPlain says whether decoding b needs no more than the image itself: sequential JPEG, grey or YCbCr. Others hold
// coefficients or a second image meanwhile.
func isPlain(cfg image.Config, b []byte) bool {
	return (cfg.ColorModel == color.GrayModel || cfg.ColorModel == color.YCbCrModel) && isJPEG(b) && isSequential(b)
}

// isSequential walks the segments up to the frame header. It is stricter than a decoder: what it does not know is no
// sequential JPEG, so that nobody can hide one frame header behind another.
func isSequential(b []byte) bool {
	b = b[2:] // SOI
	for len(b) >= 4 && b[0] == 0xFF {
		switch m := b[1]; {
		case m == markerSOF0 || m == markerSOF1:
			return true
		case m == markerSOF2 || m == markerSOS || m == 0xFF || m < markerSOF0 || m >= markerRST0 && m <= markerEOI:
			return false
		}
		n := 2 + int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return false
}
