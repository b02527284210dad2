package wire

import (
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// modes are the two immutable CBOR modes, made on first use.
var modes = sync.OnceValue(func() (m struct {
	enc cbor.EncMode
	dec cbor.DecMode
}) {
	var err error
	m.enc, err = cbor.EncOptions{
		Sort:        cbor.SortCoreDeterministic,
		IndefLength: cbor.IndefLengthForbidden,
		TagsMd:      cbor.TagsForbidden,
	}.EncMode()
	if err != nil {
		panic(fmt.Sprintf("wire: CBOR encode options: %v", err)) // constants: only a change of this file can do it
	}
	m.dec, err = cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  MaxDepth,
		MaxArrayElements: MaxElements,
		MaxMapPairs:      MaxPairs,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
	}.DecMode()
	if err != nil {
		panic(fmt.Sprintf("wire: CBOR decode options: %v", err))
	}
	return m
})

// marshal encodes one message and holds it to MaxMessage.
func marshal(what string, v any) ([]byte, error) {
	b, err := modes().enc.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("wire: %s: %w", what, err)
	}
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: %s of %d bytes, at most %d", ErrTooLarge, what, len(b), MaxMessage)
	}
	return b, nil
}

// majorMap is the major type of a CBOR map, in the top three bits of its first byte.
const majorMap = 5

// unmarshal decodes one message, which is always a map, into v.
func unmarshal(what string, data []byte, v any) error {
	if len(data) > MaxMessage {
		return fmt.Errorf("%w: %s of %d bytes, at most %d", ErrTooLarge, what, len(data), MaxMessage)
	}
	if len(data) == 0 || data[0]>>5 != majorMap {
		return fmt.Errorf("%w: %s is not a map", ErrMalformed, what)
	}
	if err := modes().dec.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, what, err)
	}
	return nil
}
