// Package modbusdisplay reads number displays that speak Modbus RTU on RS-485 (LED-485 family and its like), in one of two ways.
//
// Overhear: the queue system is the master. The driver listens and never writes. What the master writes to the place of the
// number is a call, whether or not the display took it: the clerk has called. A display's answer is its sign of life.
//
// Poll: the displays are told their numbers by somebody else and the gateway is the master of a bus of its own. The driver reads
// the place of the number, never writes a register, and a number that changed is a call.
//
// One driver has one bus with several displays. A bus whose displays are all silent is silent. As long as one of them answers,
// the device is degraded with the addresses that do not: display_silent; else those whose answers are damaged, as of two displays
// with one address: display_garbled; else those that answer with an exception: display_fault. A silent display is asked ever more
// rarely, so that the others do not wait for it.
//
// A display without power shows nothing until it is refreshed, some show their own address then. A blank text ends nothing; a
// text that is the display's own address, where it may have started anew, is refused and no call.
package modbusdisplay
