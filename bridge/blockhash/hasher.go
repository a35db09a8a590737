package blockhash

import (
	"crypto/sha256"
	"fmt"
)

// Hash is what vLLM calls a BlockHash. It stands for a block and all that comes before it.
type Hash [sha256.Size]byte

// Uint64 is the hash as vLLM's KV events have it with VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES: its last
// eight bytes, big-endian.
func (h Hash) Uint64() (n uint64) {
	for _, b := range h[len(h)-8:] {
		n = n<<8 | uint64(b)
	}
	return n
}

// Algorithm is a value of vLLM's --prefix-caching-hash-algo.
type Algorithm string

// The algorithms. vLLM's xxhash and xxhash_cbor are not offered: the standard library does not
// have XXH3.
const (
	SHA256     Algorithm = "sha256"      // vLLM's default
	SHA256CBOR Algorithm = "sha256_cbor" // the same of CBOR in place of pickle
)

// DefaultSeed is what vLLM's hashes begin with where PYTHONHASHSEED is not set.
const DefaultSeed = "vllm-none-hash"

// Hasher makes hashes. It has no state: any number of goroutines may use one.
type Hasher struct {
	size int
	algo Algorithm
	none Hash
}

// New makes a Hasher for a server with these settings: --prefix-caching-hash-algo,
// --block-size, and PYTHONHASHSEED, or DefaultSeed if that is not set.
func New(algorithm Algorithm, blockSize int, seed string) (*Hasher, error) {
	if algorithm != SHA256 && algorithm != SHA256CBOR {
		return nil, fmt.Errorf("blockhash: algorithm %.40q is none of %s, %s", algorithm, SHA256, SHA256CBOR)
	}
	if blockSize < 1 {
		return nil, fmt.Errorf("blockhash: a block of %d tokens", blockSize)
	}
	h := &Hasher{size: blockSize, algo: algorithm}
	e := h.encoder(len(seed) + 32)
	e.begin()
	e.text(seed)
	h.none = e.sum()
	return h, nil
}

// Prompt is what the hashes of a prompt depend on.
type Prompt struct {
	Tokens []int32
	Salt   string  // cache_salt of the request, or ""
	LoRA   *LoRA   // nil: the model itself
	Media  []Media // images and audios, in the order of their offsets
}

// LoRA is an adapter as it is configured on the server.
type LoRA struct{ Name, Path string }

// Media is a place in the tokens that an image or an audio fills.
type Media struct {
	Hash        string // vLLM's mm_hash, or the request's uuid
	Offset, Len int    // in tokens
}

// Blocks returns a hash for each full block of a prompt, in order: two prompts have as many
// first hashes in common as blocks. Equals the block_hashes of vLLM's request, by
// vllm.v1.core.kv_cache_utils.get_request_block_hasher, as vLLM 0.33.0 computes them. It
// does not look ahead, as vLLM does with some kinds of speculative decoding, and knows no
// prompt embeddings. With sha256, which hashes Python's pickle, one image that begins twice in
// the same block has no hash that vLLM itself repeats; sha256_cbor does not have this.
func (h *Hasher) Blocks(p Prompt) []Hash {
	hashes := make([]Hash, 0, len(p.Tokens)/h.size)
	parent, media := h.none, p.Media
	e := h.encoder(64 + 5*h.size)
	for start := 0; start+h.size <= len(p.Tokens); start += h.size {
		end := start + h.size
		for len(media) > 0 && media[0].Offset+media[0].Len <= start {
			media = media[1:]
		}
		inside := 0
		for inside < len(media) && media[inside].Offset < end {
			inside++
		}
		salted := start == 0 && p.Salt != ""
		e.begin()
		e.array(3)
		e.bytes(parent[:])
		e.ids(p.Tokens[start:end])
		e.extra(p, media[:inside], start, salted)
		e.endArray(3)
		parent = e.sum()
		hashes = append(hashes, parent)
	}
	return hashes
}
