// Package digits drives number displays made of a chip and seven-segment digits that hang on the gateway itself, one for a
// window: TM1637 (two lines), MAX7219 (SPI) and HT16K33 (I2C). Each shows the number in service at its window. The whole state,
// settings included, is written again every RefreshTime: a display that lost its power, or was upset by a long wire, comes
// back by itself. At an orderly stop the display goes dark, for a number that nobody keeps up to date is no number.
//
// What can be known of such a display is little, and no more is claimed:
//
//   - TM1637 acknowledges each byte; the driver reads it (periph's never does) and fails where nobody answers. It does not tell
//     whether its digits light.
//   - HT16K33 acknowledges on the I2C bus. It does so in the dark, too, after a brown-out, until the next refresh.
//   - MAX7219 answers nothing at all. Its driver says that the port is open and never that the display was seen: its health
//     stays unknown, for ever. An error is an error of the port.
//
// TM1637 and MAX7219 have drivers of their own here. periph's max7219 v3.7.4 writes errors of its set-up to the program's log
// and sets up once only; its tm1637 cannot tell a display that is not there.
package digits
