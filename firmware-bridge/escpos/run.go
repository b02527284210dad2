package escpos

// run does what a command does to the text. Commands that only move, colour or beep do nothing.
func (p *Parser) run(cmd []byte) {
	if cmd[0] == esc && cmd[1] == '@' {
		if p.c.written() { // a picture alone may be the head of the ticket that follows
			p.end(false)
		}
		p.c.initialise()
	}
	p.c.keep(cmd...)
	switch cmd[0] {
	case esc:
		p.runESC(cmd)
	case fs:
		p.runFS(cmd)
	case gs:
		p.runGS(cmd)
	}
}

func (p *Parser) runESC(cmd []byte) {
	switch cmd[1] {
	case 'd', 'J', 'e', 'K': // print and feed
		p.c.endLine()
	case 'i', 'm': // the older cuts
		p.end(true)
	case '!':
		p.c.width, p.c.height = int(cmd[2]>>5&1), int(cmd[2]>>4&1)
	}
}

func (p *Parser) runFS(cmd []byte) {
	switch cmd[1] {
	case '&':
		p.c.western = false
	case '.':
		p.c.western = true
	case '!':
		p.c.wide, p.c.tall = cmd[2]&4 != 0, cmd[2]&8 != 0
	case 'W':
		p.c.wide, p.c.tall = cmd[2]&1 != 0, cmd[2]&1 != 0
	}
}

func (p *Parser) runGS(cmd []byte) {
	switch cmd[1] {
	case '!':
		p.c.width, p.c.height = int(cmd[2]>>4&7), int(cmd[2]&7)
	case 'V':
		p.end(true)
	}
}
