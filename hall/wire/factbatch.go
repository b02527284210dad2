package wire

import (
	"bytes"
	"fmt"
)

// batchWire is the envelope of both batches: the position can be read without unpacking the block.
type batchWire struct {
	Epoch  uint64 `cbor:"1,keyasint"`
	First  uint64 `cbor:"2,keyasint"`
	Oldest uint64 `cbor:"3,keyasint"`
	Count  uint32 `cbor:"4,keyasint"`
	Pack   uint8  `cbor:"5,keyasint,omitempty"`
	Block  []byte `cbor:"6,keyasint"`
}

// EncodeFactBatch encodes b. Sequences are b.First, b.First+1 …; a fact that names another one is an error. A fact that
// EncodeFact refuses does not stop the lane: a refusal that tells its reason travels in its place.
func EncodeFactBatch(b FactBatch) ([]byte, error) {
	if err := checkPosition(b.First, b.Oldest, len(b.Facts), MaxFacts); err != nil {
		return nil, err
	}
	records := make([][]byte, len(b.Facts))
	for i, f := range b.Facts {
		seq := b.First + uint64(i)
		if f.Seq != 0 && f.Seq != seq {
			return nil, fmt.Errorf("%w: a batch with fact %d where %d belongs", ErrMalformed, f.Seq, seq)
		}
		record, err := EncodeFact(f)
		if err != nil {
			record, err = EncodeFact(Refused(seq, f.At, err.Error(), f.Raw))
		}
		if err != nil {
			return nil, err
		}
		records[i] = record
	}
	plain, err := modes().enc.Marshal(records)
	if err != nil {
		return nil, fmt.Errorf("wire: fact batch: %w", err)
	}
	if len(plain) > MaxPlain {
		return nil, fmt.Errorf("%w: a fact batch of %d bytes, at most %d", ErrTooLarge, len(plain), MaxPlain)
	}
	block, how := pack(plain)
	return marshal("fact batch", batchWire{b.Epoch, b.First, b.Oldest, uint32(len(b.Facts)), how, block})
}

// DecodeFactBatch decodes a batch: the facts that could be read, with their sequences, and those that could not, with
// the reason. Together they are b.First and the following, without a hole. An error means that the envelope itself is
// broken.
func DecodeFactBatch(data []byte) (b FactBatch, poison []Poison, err error) {
	w, plain, err := openBatch("fact batch", data, MaxFacts)
	if err != nil {
		return FactBatch{}, nil, err
	}
	var records [][]byte
	if err := modes().dec.Unmarshal(plain, &records); err != nil {
		return FactBatch{}, nil, fmt.Errorf("%w: fact batch: %w", ErrMalformed, err)
	}
	if len(records) != int(w.Count) {
		return FactBatch{}, nil, fmt.Errorf("%w: a fact batch of %d records that says %d", ErrMalformed, len(records), w.Count)
	}
	b = FactBatch{Epoch: w.Epoch, First: w.First, Oldest: w.Oldest}
	for i, record := range records {
		seq := w.First + uint64(i)
		f, err := DecodeFact(record)
		if err != nil {
			poison = append(poison, Poison{Seq: seq, Reason: err.Error(), Raw: bytes.Clone(record[:min(len(record), MaxPoisonRaw)])})
			continue
		}
		f.Seq = seq
		b.Facts = append(b.Facts, f)
	}
	return b, poison, nil
}

// openBatch decodes the envelope of a batch and unpacks its block.
func openBatch(what string, data []byte, most int) (w batchWire, plain []byte, err error) {
	if err := unmarshal(what, data, &w); err != nil {
		return w, nil, err
	}
	n := int(min(w.Count, MaxReadings+1)) // an int of 32 bits could not hold every count
	if err := checkPosition(w.First, w.Oldest, n, most); err != nil {
		return w, nil, err
	}
	plain, err = unpack(w.Block, w.Pack)
	return w, plain, err
}

// checkPosition holds the position of a batch to its limits.
func checkPosition(first, oldest uint64, n, most int) error {
	if n > most {
		return fmt.Errorf("%w: a batch of %d records, at most %d", ErrTooLarge, n, most)
	}
	if first == 0 || first > MaxSeq || oldest > MaxSeq {
		return fmt.Errorf("%w: a batch that begins at %d, oldest %d", ErrMalformed, first, oldest)
	}
	return nil
}
