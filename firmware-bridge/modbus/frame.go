package modbus

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of the protocol (serial line V1.02, 2.2 and 2.5; application protocol V1.1b3, 6).
const (
	MaxFrame   = 256
	MaxAddress = 247 // of a slave; those above are reserved
	Broadcast  = 0   // to every slave; nobody answers

	MaxRead       = 125 // registers of one question
	MaxWrite      = 123
	MaxReadCoils  = 2000
	MaxWriteCoils = 1968
)

// Sizes of frames, in bytes.
const (
	minFrame      = 4 // address, function, CRC
	shortFrame    = 8 // with two values of 16 bits
	headFrame     = 7 // of a write of several, up to its byte count
	exceptionSize = 5
)

// Function is a function code.
type Function byte

// The function codes that are understood.
const (
	ReadCoils      Function = 0x01
	ReadInputs     Function = 0x02
	ReadHolding    Function = 0x03
	ReadInput      Function = 0x04
	WriteCoil      Function = 0x05
	WriteRegister  Function = 0x06
	WriteCoils     Function = 0x0F
	WriteRegisters Function = 0x10
)

// failed marks the function code of an exception.
const failed = 0x80

// Reads says whether a function changes nothing: it may be asked again.
func (f Function) Reads() bool { return f >= ReadCoils && f <= ReadInput }

// bits says whether a function is about coils.
func (f Function) bits() bool {
	return f == ReadCoils || f == ReadInputs || f == WriteCoil || f == WriteCoils
}

// single says whether a function writes one value; its reply is the same bytes.
func (f Function) single() bool { return f == WriteCoil || f == WriteRegister }

// several says whether a function writes several values.
func (f Function) several() bool { return f == WriteCoils || f == WriteRegisters }

func (f Function) known() bool { return f.Reads() || f.single() || f.several() }

// most gives how many values a function may name.
func (f Function) most() int {
	switch f {
	case ReadCoils, ReadInputs:
		return MaxReadCoils
	case ReadHolding, ReadInput:
		return MaxRead
	case WriteCoils:
		return MaxWriteCoils
	case WriteRegisters:
		return MaxWrite
	}
	return 1
}

// size gives how many bytes n values of a function are.
func (f Function) size(n int) int {
	if f.bits() {
		return (n + 7) / 8
	}
	return 2 * n
}

// Exception is why a slave refused.
type Exception byte

// The exceptions (application protocol V1.1b3, 7).
const (
	IllegalFunction Exception = 1
	IllegalAddress  Exception = 2
	IllegalValue    Exception = 3
	DeviceFailure   Exception = 4
	Acknowledge     Exception = 5
	Busy            Exception = 6
)

// Error names the exception.
func (e Exception) Error() string {
	names := map[Exception]string{
		IllegalFunction: "illegal function", IllegalAddress: "illegal address", IllegalValue: "illegal value",
		DeviceFailure: "device failure", Acknowledge: "acknowledged, not done yet", Busy: "busy", 8: "parity error",
		10: "gateway path", 11: "gateway target",
	}
	if n, ok := names[e]; ok {
		return fmt.Sprintf("modbus: exception %d, %s", byte(e), n)
	}
	return fmt.Sprintf("modbus: exception %d", byte(e))
}

// Causes why bytes are no frame, or a request is none, for errors.Is.
var (
	ErrLength  = errors.New("modbus: length")
	ErrCRC     = errors.New("modbus: CRC")
	ErrContent = errors.New("modbus: content")
)

// CRC gives the check of p: polynomial 0x8005 reflected, first 0xFFFF; "123456789" is 0x4B37 (serial line V1.02, 6.2.2).
func CRC(p []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, b := range p {
		crc ^= uint16(b)
		for range 8 {
			carry := crc & 1
			crc >>= 1
			if carry != 0 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

// seal adds the CRC.
func seal(p []byte) []byte { return binary.LittleEndian.AppendUint16(p, CRC(p)) }

// open checks the CRC and the length and gives what is before the CRC.
func open(frame []byte) ([]byte, error) {
	if len(frame) < minFrame || len(frame) > MaxFrame {
		return nil, fmt.Errorf("%w: %d bytes", ErrLength, len(frame))
	}
	body := frame[:len(frame)-2]
	if got, want := binary.LittleEndian.Uint16(frame[len(body):]), CRC(body); got != want {
		return nil, fmt.Errorf("%w: %04X, want %04X", ErrCRC, got, want)
	}
	return body, nil
}

func word(p []byte) int { return int(binary.BigEndian.Uint16(p)) }
