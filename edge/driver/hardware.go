package driver

import (
	"context"
	"errors"
	"io"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/spi"
)

// Pins takes lines of the machine by name, e.g. GPIO17. A line has one owner until its Halt.
type Pins interface {
	// Pin takes a line to read it.
	Pin(name string) (gpio.PinIn, error)
	// Out takes a line to drive it; what drives it may read it back.
	Out(name string) (gpio.PinIO, error)
}

// I2COpener takes one address of an I2C bus until Close. Other addresses of the bus belong to other devices: a transaction to
// one of them is refused, and transactions of several devices follow one another.
type I2COpener interface {
	OpenI2C() (i2c.BusCloser, error)
}

// SPIOpener takes a chip-select line of an SPI bus until Close.
type SPIOpener interface {
	OpenSPI() (spi.PortCloser, error)
}

// Edge is one change of a line.
type Edge struct {
	Line   int           // index in EdgeOptions.Lines
	Rising bool          // the line is high now
	At     time.Duration // of the system's monotonic clock, taken by the kernel when it happened
}

// EdgeOptions says which changes of which lines are wanted.
type EdgeOptions struct {
	Lines    []string // by name or number; the order of their changes is kept across the lines
	PullUp   bool     // false: as the board has it
	Rising   bool
	Falling  bool
	Debounce time.Duration // a level counts once it was stable for this long; 0: every change
	Buffer   int           // changes that the kernel keeps while nobody reads; 0: its default
}

// ErrEdgesLost says that the kernel's buffer was full: changes are missing before the next one.
var ErrEdgesLost = errors.New("changes of the line were lost")

// Edges is lines that are open for reading.
type Edges interface {
	// Next waits for the next change until ctx ends. It may give ErrEdgesLost once and then goes on; any other error is the
	// end of the lines.
	Next(ctx context.Context) (Edge, error)
	// High reads the level of a line.
	High(line int) (bool, error)
	io.Closer
}

// EdgeOpener takes lines whose changes are stamped by the kernel. Reading periph's WaitForEdge gives neither the time nor
// the order of changes, nor a sign of lost ones.
type EdgeOpener interface {
	OpenEdges(EdgeOptions) (Edges, error)
}

// Message is one message of a hall's MQTT broker.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool // kept by the broker from before: it says what was true when it was sent
}

// Broker is the hall's MQTT broker, shared by every device that speaks through it.
type Broker interface {
	// Subscribe gives every message of the filters to handle, which must not block, until ctx ends (nil) or the connection is
	// lost (the error). connected is called when the broker has taken the subscription. A message is valid during the call.
	Subscribe(ctx context.Context, filters []string, connected func(), handle func(Message)) error
	// Publish gives a message to the broker, QoS 1.
	Publish(ctx context.Context, topic string, payload []byte, retain bool) error
}
