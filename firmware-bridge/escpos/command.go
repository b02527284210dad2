package escpos

// The bytes that begin commands.
const (
	dle = 0x10
	esc = 0x1B
	fs  = 0x1C
	gs  = 0x1D
)

// args gives how many bytes follow the two of a command. Commands whose length is in their arguments are in variable.
// Sources: the Rongta RP32x and Star ESC/POS mode command sets, Epson's command reference.
var args = map[byte]map[byte]int{
	dle: {0x05: 1},
	esc: {
		0x0C: 0, ' ': 1, '!': 1, '$': 2, '%': 1, '-': 1, '2': 0, '3': 1, '=': 1, '?': 1, '@': 0, 'E': 1, 'G': 1, 'J': 1,
		'K': 1, 'L': 0, 'M': 1, 'R': 1, 'S': 0, 'T': 1, 'U': 1, 'V': 1, 'W': 8, '\\': 2, 'a': 1, 'c': 2, 'd': 1, 'e': 1,
		'i': 0, 'm': 0, 'p': 3, 'r': 1, 't': 1, 'u': 1, 'v': 0, '{': 1,
	},
	fs: {'!': 1, '&': 0, '-': 1, '.': 0, '2': 74, '?': 2, 'C': 1, 'S': 2, 'W': 1, 'p': 2},
	gs: {
		'!': 1, '$': 2, '/': 1, ':': 0, 'B': 1, 'E': 1, 'H': 1, 'I': 1, 'L': 2, 'P': 2, 'T': 1, 'W': 2, '\\': 2, '^': 3,
		'a': 1, 'b': 1, 'c': 0, 'f': 1, 'g': 4, 'h': 1, 'r': 1, 'w': 1, 'z': 3,
	},
}

// extent is what is known of a command from its first bytes.
type extent struct {
	args    int    // bytes of it altogether, without data
	data    int    // bytes of data behind them, which are skipped
	until   bool   // data ends with a NUL instead
	picture bool   // the data are dots
	bad     string // why it cannot be followed; empty: it can
}

// more says that n bytes must be seen before the length is known.
func more(n int) extent { return extent{args: n} }

// measure gives the length of the command that cmd begins; where cmd is not longer than extent.args, it is to be asked again
// with that many bytes.
func measure(cmd []byte) extent {
	if len(cmd) < 2 {
		return more(2)
	}
	if n, ok := args[cmd[0]][cmd[1]]; ok {
		return extent{args: 2 + n}
	}
	if f, ok := variable[[2]byte{cmd[0], cmd[1]}]; ok {
		return f(cmd)
	}
	return extent{bad: "unknown command"}
}
