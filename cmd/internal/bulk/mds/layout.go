package mds

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// config is what a shard says of itself, as Python writes it, with its keys in order.
const config = `{"column_encodings": ["ndarray:int32"], "column_names": ["tokens"], "column_sizes": [null], "compression": null, "format": "mds", "hashes": [], "size_limit": 67108864, "version": 2}`

// sizeLimit is that of a shard, which the writer of mosaicml-streaming takes by itself.
const sizeLimit = 1 << 26

// headerSize is that of a shard with n samples.
func headerSize(n int) int64 { return 4 + 4*(int64(n)+1) + int64(len(config)) }

const indexEnd = "/index.json"

func shardEnd(n int) string { return "/" + shardName(n) }

func shardName(n int) string { return fmt.Sprintf("shard.%05d.mds", n) }

// appendSample appends a document as it stands in a shard.
func appendSample(dst []byte, ids []int32) []byte {
	var shape []byte
	switch n := len(ids); {
	case n <= math.MaxUint8:
		shape = []byte{4, byte(n)}
	case n <= math.MaxUint16:
		shape = binary.LittleEndian.AppendUint16([]byte{5}, uint16(n))
	default:
		shape = binary.LittleEndian.AppendUint32([]byte{6}, uint32(n))
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(shape)+4*len(ids)))
	dst = append(dst, shape...)
	for _, id := range ids {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(id))
	}
	return dst
}

// sampleSize is that of appendSample.
func sampleSize(ids []int32) int64 {
	shape := int64(5)
	switch n := len(ids); {
	case n <= math.MaxUint8:
		shape = 2
	case n <= math.MaxUint16:
		shape = 3
	}
	return 4 + shape + 4*int64(len(ids))
}

// idsOf reads what appendSample wrote.
func idsOf(sample []byte) ([]int32, error) {
	if len(sample) < 6 || int64(binary.LittleEndian.Uint32(sample)) != int64(len(sample))-4 || sample[4] < 4 || sample[4] > 6 {
		return nil, fmt.Errorf("a sample of %d bytes is no ndarray of one dimension", len(sample))
	}
	var number [4]byte
	shape := copy(number[:1<<(sample[4]-4)], sample[5:])
	n, values := int64(binary.LittleEndian.Uint32(number[:])), sample[5+shape:]
	if n == 0 || n*4 != int64(len(values)) {
		return nil, fmt.Errorf("a sample of %d bytes says that it has %d ids", len(sample), n)
	}
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(binary.LittleEndian.Uint32(values[4*i:]))
	}
	return ids, nil
}

// shard is one in index.json.
type shard struct {
	name    string
	bytes   int64
	samples int
}

// indexText is index.json of these shards, as Python writes it.
func indexText(shards []shard) []byte {
	text := []byte(`{"shards": [`)
	for i, s := range shards {
		if i > 0 {
			text = append(text, ", "...)
		}
		name, _ := json.Marshal(s.name) // ASCII
		keys := config[1 : len(config)-1]
		at := len(keys) - len(`, "size_limit": 67108864, "version": 2`)
		text = fmt.Appendf(text, `{%s, "raw_data": {"basename": %s, "bytes": %d, "hashes": {}}, "samples": %d%s, "zip_data": null}`, keys[:at], name, s.bytes, s.samples, keys[at:])
	}
	return append(text, `], "version": 2}`...)
}

// parseIndex reads index.json.
func parseIndex(text []byte) ([]shard, error) {
	var index struct {
		Shards []struct {
			Samples int `json:"samples"`
			Raw     struct {
				Name  string `json:"basename"`
				Bytes int64  `json:"bytes"`
			} `json:"raw_data"`
		} `json:"shards"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, err
	}
	shards := make([]shard, 0, len(index.Shards))
	for _, s := range index.Shards {
		shards = append(shards, shard{s.Raw.Name, s.Raw.Bytes, s.Samples})
	}
	// Everything else in it is the same for all.
	if string(indexText(shards)) != string(text) {
		return nil, fmt.Errorf("it is not one of shards of the column tokens, ndarray:int32, and no other")
	}
	return shards, nil
}
