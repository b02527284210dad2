// Package dispenser reads what a ticket dispenser (取号机) prints, on the way to its ESC/POS printer.
//
// [Driver] is a passive tap on a serial line (RS-232, receive wire only). It never writes. A printer that is not used says
// nothing: silence proves nothing.
//
// [Proxy] stands between the queue machine and a network printer (TCP 9100): the queue machine prints to the gateway, which
// passes every byte on unchanged and at once, in both directions, each connection of the queue machine with one of its own to
// the printer. Nothing that reads along can delay or alter a byte: it gets copies, from a queue that is bounded. A printer that
// takes no connection takes none from the queue machine either: the gateway does not listen then, and the queue machine is
// refused as the printer would refuse it. A ticket is told once the printer's own network has acknowledged it; one that ends
// without its cut, where others have one, is refused: the queue machine or the line failed in the middle.
//
// Between jobs the proxy asks the printer for paper, cover and faults (DLE EOT), on the connection that is open or on one of its
// own, which a job takes over. The printer's answers to that are kept from the queue machine. What a network cannot tell: whether
// a printer that answers no status has printed what it took.
package dispenser
