// Package bus owns the gateway's serial ports, GPIO lines, I2C addresses and SPI ports: one owner each, a lock and a time
// limit. Drivers see only the interfaces of edge/driver and periph's conn.
package bus
