package escpos

// variable has the commands whose length is in their arguments.
var variable = map[[2]byte]func(cmd []byte) extent{
	{dle, 0x04}: status,
	{dle, 0x14}: realTime,
	{esc, '('}:  block,
	{fs, '('}:   block,
	{gs, '('}:   block,
	{esc, '*'}:  bitImage,
	{esc, 'D'}:  func([]byte) extent { return extent{args: 2, until: true} },
	{gs, '*'}:   definedImage,
	{gs, '8'}:   largeBlock,
	{gs, 'V'}:   cut,
	{gs, 'k'}:   barcode,
	{gs, 'v'}:   raster,
}

// status: DLE EOT n, and one more for the newer kinds of status.
func status(cmd []byte) extent {
	switch {
	case len(cmd) < 3:
		return more(3)
	case cmd[2] == 7 || cmd[2] == 8:
		return extent{args: 4}
	}
	return extent{args: 3}
}

// realTime: DLE DC4 fn …, a pulse, power off, or clearing the buffers.
func realTime(cmd []byte) extent {
	switch {
	case len(cmd) < 3:
		return more(3)
	case cmd[2] == 8:
		return extent{args: 10}
	}
	return extent{args: 5}
}

// shortBlock: GS ( L without dots, which asks for or prints what was sent before, is not longer.
const shortBlock = 10

// block: ESC ( fn pL pH data, FS ( and GS ( alike; GS ( k are the QR codes.
func block(cmd []byte) extent {
	if len(cmd) < 5 {
		return more(5)
	}
	n := int(cmd[3]) + int(cmd[4])<<8
	return extent{args: 5, data: n, picture: cmd[0] == gs && cmd[2] == 'L' && n > shortBlock}
}

// largeBlock: GS 8 fn p1 p2 p3 p4 data, a picture.
func largeBlock(cmd []byte) extent {
	if len(cmd) < 7 {
		return more(7)
	}
	return image(7, uint64(cmd[3])|uint64(cmd[4])<<8|uint64(cmd[5])<<16|uint64(cmd[6])<<24)
}

// bitImage: ESC * m nL nH data, of 8 or 24 dots.
func bitImage(cmd []byte) extent {
	if len(cmd) < 5 {
		return more(5)
	}
	columns := uint64(cmd[3]) + uint64(cmd[4])<<8
	switch cmd[2] {
	case 0, 1:
		return image(5, columns)
	case 32, 33:
		return image(5, 3*columns)
	}
	return extent{bad: "a picture of unknown density"}
}

// definedImage: GS * x y data.
func definedImage(cmd []byte) extent {
	if len(cmd) < 4 {
		return more(4)
	}
	return image(4, uint64(cmd[2])*uint64(cmd[3])*8)
}

// raster: GS v 0 m xL xH yL yH data.
func raster(cmd []byte) extent {
	if len(cmd) < 8 {
		return more(8)
	}
	width, height := uint64(cmd[4])+uint64(cmd[5])<<8, uint64(cmd[6])+uint64(cmd[7])<<8
	return image(8, width*height)
}

// image bounds what is skipped: a damaged length must not swallow the next tickets.
func image(args int, data uint64) extent {
	if data > MaxImage {
		return extent{bad: "a picture larger than any printer takes"}
	}
	return extent{args: args, data: int(data), picture: data > 0}
}

// cut: GS V m, GS V m n.
func cut(cmd []byte) extent {
	if len(cmd) < 3 {
		return more(3)
	}
	switch cmd[2] {
	case 0, 1, '0', '1':
		return extent{args: 3}
	case 65, 66, 97, 98, 103, 104:
		return extent{args: 4}
	}
	return extent{bad: "an unknown way to cut"}
}

// barcode: GS k m data NUL, GS k m n data.
func barcode(cmd []byte) extent {
	switch {
	case len(cmd) < 3:
		return more(3)
	case cmd[2] <= 6:
		return extent{args: 3, until: true}
	case cmd[2] < 65 || cmd[2] > 79:
		return extent{bad: "an unknown barcode"}
	case len(cmd) < 4:
		return more(4)
	}
	return extent{args: 4, data: int(cmd[3])}
}
