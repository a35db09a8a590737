package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Floats reads an array of numpy's, in C order and little-endian. It returns one of two slices, by its type.
func Floats(dtype string, shape []int, b []byte) ([]float32, []float64, error) {
	n := 1
	for _, dimension := range shape {
		n *= dimension
	}
	switch {
	case dtype == "float32" && len(b)%4 == 0 && len(b)/4 == n:
		out := make([]float32, n)
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return out, nil, nil
	case dtype == "float64" && len(b)%8 == 0 && len(b)/8 == n:
		out := make([]float64, n)
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		return nil, out, nil
	}
	return nil, nil, fmt.Errorf("%d bytes for %s of shape %v", len(b), dtype, shape)
}
