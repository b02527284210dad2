package modbus

import codec "hallpulse/firmware-bridge/modbus"

// fault changes a display, if there is one at address.
func (b *Bus) fault(address int, change func(*display)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.displays[byte(address)]; d != nil && address > 0 && address <= codec.MaxAddress {
		change(d)
	}
}

// Silence takes the power of a display, or gives it back.
func (b *Bus) Silence(address int, on bool) { b.fault(address, func(d *display) { d.silent = on }) }

// BadCRC damages the check of every answer of a display, as a bus without termination does.
func (b *Bus) BadCRC(address int, on bool) { b.fault(address, func(d *display) { d.badCRC = on }) }

// Duplicate puts a second display at the address: both answer at once.
func (b *Bus) Duplicate(address int, on bool) { b.fault(address, func(d *display) { d.twice = on }) }

// Exception makes a display refuse everything, with 2 (address), 6 (busy) or another exception; 0 ends it.
func (b *Bus) Exception(address int, e codec.Exception) {
	b.fault(address, func(d *display) { d.exception = e })
}

// Reboot takes the power of a display for a moment: it is blank until it is refreshed, or shows its own address.
func (b *Bus) Reboot(address int, own bool) { b.fault(address, func(d *display) { d.start(own) }) }

// LoseReplies loses the next n answers of a display, which does as it is told.
func (b *Bus) LoseReplies(address, n int) { b.fault(address, func(d *display) { d.lose = n }) }

// Echo makes the gateway's adapter hear what it sends itself.
func (b *Bus) Echo(on bool) { b.mu.Lock(); defer b.mu.Unlock(); b.echo = on }

// Noise puts bytes on the wire that belong to no frame.
func (b *Bus) Noise(p []byte) error { b.mu.Lock(); defer b.mu.Unlock(); return b.write(p) }
