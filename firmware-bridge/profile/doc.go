// Package profile decodes the serial protocols of displays and keypads by description: a YAML file says how a frame is
// built and what its messages mean, so that a device nobody has met needs no Go. It opens no port and reads no clock.
//
// A profile names the parts of a frame in their order, then the messages by their command or by the frame's ending:
//
//	about: {zh: 示例, en: Example}
//	frame:
//	  - {part: constant, bytes: AA 55}                      # the header; hex pairs, or text in single quotes
//	  - {part: length, as: u8, from: address, to: data}     # as: u8, u16be, u16le, digits (with size); add: n
//	  - {part: address, as: u8}
//	  - {part: command, size: 1}
//	  - {part: data, max: 32}                               # or size: n where it is always the same
//	  - {part: check, kind: xor8, from: length, to: data}   # sum8, xor8, crc16-modbus (low byte first)
//	messages:
//	  - command: 02
//	    kind: rating                                        # call, invite, rating, heartbeat, ignore
//	    fields:
//	      - {is: level, as: u8, map: {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}}
//	      - {is: seq, as: u16be}
//	    answer: {command: 82, data: [{copy: seq}]}
//	other: refuse                                           # or ignore: what no message describes
//
// A frame without a length ends at the first of several endings: {part: end, one_of: ["'#'", "'&'"]} after the data. Then
// messages may name their end. A length that is sent twice is two length parts, which must agree. from and to name a part
// by its kind, or first and last.
//
// Fields lie in the data in their order. is: number (several are joined), level, seq, skip; as: u8, u16be, u16le, u32be,
// u32le, digits, bcd, ascii, gb18030, the last four with a size, or without one where the field takes what the others
// leave (min: n bytes at least). Text is trimmed of blanks and NULs. A number that does not match pattern is none: a display
// shows dashes and advertisements too.
package profile
