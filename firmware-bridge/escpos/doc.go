// Package escpos reads along with what is sent to an ESC/POS ticket printer and tells the documents that were printed, so
// that a ticket is known the moment it is issued, without a word to the queue system. It opens no port, reads no clock and
// sends nothing.
//
// A [Parser] follows the commands, because only a reader who knows the length of every command finds the text between them.
// A document ends with a cut, or with the initialisation that begins the next one where a printer has no cutter or ran out
// of paper. [ReadTicket] finds a ticket's number, category and people ahead in a document by a [Layout].
package escpos
