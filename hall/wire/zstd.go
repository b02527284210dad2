package wire

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// How a block of records is packed. Numbers are on the wire: never reuse one.
const (
	packNone = 0
	packZstd = 1
)

const (
	zstdWindow    = 128 << 10 // bytes a gateway's encoder looks back
	zstdMaxWindow = 4 << 20   // largest window a decoder accepts
	minPack       = 64        // bytes under which a block is not worth packing
)

// Encoders and decoders are kept between batches and given back to the garbage collector when none come: a gateway has
// 32 MiB for everything.
var (
	encoders = sync.Pool{New: func() any {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
			zstd.WithWindowSize(zstdWindow), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderCRC(true))
		if err != nil {
			panic(fmt.Sprintf("wire: zstd encoder options: %v", err)) // constants: only a change of this file can do it
		}
		return e
	}}
	decoders = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(MaxPlain), zstd.WithDecoderMaxWindow(zstdMaxWindow))
		if err != nil {
			panic(fmt.Sprintf("wire: zstd decoder options: %v", err))
		}
		return d
	}}
)

// pack compresses plain where that makes it smaller.
func pack(plain []byte) (packed []byte, how uint8) {
	if len(plain) < minPack {
		return plain, packNone
	}
	e := encoders.Get().(*zstd.Encoder)
	defer encoders.Put(e)
	if packed = e.EncodeAll(plain, nil); len(packed) >= len(plain) {
		return plain, packNone
	}
	return packed, packZstd
}

// unpack undoes pack; the result is at most MaxPlain bytes.
func unpack(packed []byte, how uint8) ([]byte, error) {
	switch how {
	case packNone:
		return packed, nil
	case packZstd:
		d := decoders.Get().(*zstd.Decoder)
		defer decoders.Put(d)
		plain, err := d.DecodeAll(packed, nil)
		if err != nil {
			return nil, fmt.Errorf("%w: zstd: %w", ErrMalformed, err)
		}
		if len(plain) > MaxPlain {
			return nil, fmt.Errorf("%w: a block of %d bytes, at most %d", ErrTooLarge, len(plain), MaxPlain)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: packed in an unknown way (%d)", ErrMalformed, how)
}
