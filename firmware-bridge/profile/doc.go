// Package profile decodes the serial protocols of displays, dispensers and keypads by description: a YAML file says how a
// frame is built and what its messages mean, so that a device nobody has met needs no Go. It opens no port and reads no clock.
//
// A profile names the parts of a frame in their order, then the messages by their command, by the frame's ending, or by what
// is in them:
//
//	about: {zh: 示例, en: Example}
//	frame:
//	  - {part: constant, bytes: AA 55}                      # the header; hex pairs, or text in single quotes
//	  - {part: length, as: u8, from: address, to: data}     # as: u8, u16be, u16le, digits, hex (with size); add: n
//	  - {part: address, as: u8, broadcast: [255]}           # a broadcast is nobody's call
//	  - {part: command, size: 1}
//	  - {part: data, max: 32}                               # or size: n where it is always the same
//	  - {part: check, kind: xor8, from: length, to: data}   # as: hex, order: low, seed: n
//	messages:
//	  - command: 02
//	    kind: rating                                        # call, invite, rating, ticket, heartbeat, ignore
//	    fields:
//	      - {is: level, as: u8, map: {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}}
//	      - {is: seq, as: u16be}
//	    answer: {command: 82, data: [{copy: seq}]}
//	other: refuse                                           # or ignore: what no message describes
//
// Checks are sum8, xor8, lrc8, not8, crc8, sum16, crc16-modbus, crc16-ccitt-false, crc16-xmodem, crc16-kermit and crc16-x25, raw or
// as hex digits; modbus, kermit and x25 are sent low byte first unless order says otherwise. A frame without a length ends at
// the first of several endings: {part: end, one_of: ["'#'", "'&'"]} after the data. Then messages may name their end. A length
// that is sent twice is two length parts, which must agree. from and to name a part by its kind, or first and last. A frame
// needs no header where its size is always the same and it has a check.
//
// stuffing says how the header's and the trailer's bytes are written inside a frame, which then needs neither length nor end:
// {mark: 7D, xor: 20}, or {mark: 10, map: {10: 10}}. also lists frames of other shapes on the same line, each with its messages.
//
// Fields lie in the data in their order. is: number and category (several are joined), level, seq, address, ahead, constant,
// skip; as: u8, u16be, u16le, u32be, u32le, digits, hex, bcd, ascii, gb18030, utf8, segments; those without a size of their own
// have one, or take what the others leave (min: n bytes at least). bits: 0-3 takes some bits of a value; names: {1: A} gives it a
// text. A constant that differs leaves the frame to the next message of its command. Text is trimmed of blanks and NULs. A
// number that does not match pattern is none: a display shows dashes and advertisements too.
//
// Protocols of text need no frame. lines ends a line at one of its ends (LF; a CR before it is a blank), and a message is an
// expression that fits the whole line, whose groups are the fields; match may stand in place of fields in frames, too:
//
//	about: {zh: 文本示例, en: Example of lines}
//	line: {baud: 4800, parity: even, quiet: 2s}             # as the line is usually set
//	silence: 1m                                             # nothing heard for this long: the device is down
//	lines: {ends: [0A], max: 120, as: gb18030}              # as: ascii, gb18030, utf8
//	messages:
//	  - {kind: call, match: 'CALL (?P<address>\d+) (?P<number>[A-Z]\d{3})'}
//	  - {kind: rating, match: 'RATE (?P<level>\S+) (?P<seq>\d+)', levels: {好: 5, 差: 1}, answer: {end: 0A, data: [{copy: seq}]}}
//	  - {kind: ticket, match: 'TICKET (?P<number>\S+) (?P<category>\S+) (?P<ahead>\d+)'}
package profile
