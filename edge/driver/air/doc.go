// Package air reads sensors of air on an I2C bus: Sensirion SCD40/41 (carbon dioxide, temperature, humidity), Sensirion
// SHT3x/SHT4x (temperature, humidity) and Bosch BME280/BMP280 (temperature, humidity, pressure).
//
// Wiring: SDA, SCL, 3.3 V and ground, with pull-ups on one board of the bus. SCD4x stretch the clock and want 100 kHz.
//
// The drivers of periph's devices/v3 are not used. bmxx80 waits without a limit for a bit that a bus stuck high shows for ever,
// and hides what it read, so that a value that is frozen, or that was never measured after a brown-out, cannot be told; scd4x
// starts the chip in its constructor, joins write and read without the pause that the chip needs, and scales the temperature
// offset wrongly.
package air
