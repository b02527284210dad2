// Package modbus is the codec of Modbus RTU: frames of masters and slaves, and a decoder that overhears both on a bus. It opens
// no port and reads no clock. Sources: MODBUS application protocol V1.1b3 and MODBUS over serial line V1.02.
//
// A frame is address, function, data and a CRC, low byte first, at most [MaxFrame] bytes. It is ended by its length, which
// follows from its function, never by a pause: USB adapters put pauses into frames.
package modbus
