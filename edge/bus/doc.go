// Package bus owns the gateway's serial ports and GPIO lines: one owner each, a lock and a time limit. Drivers see only the
// interfaces of edge/driver and periph's conn.
package bus
