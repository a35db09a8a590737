package raw

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Call calls a method of the raw tokenizer by its Python name, with positional
// and keyword arguments as JSON, and returns its result as JSON: bytes are
// {"__bytes__": base64}, sets {"__set__": [sorted]}. The methods are those of
// docs/protocol.md: encode, decode, id_to_piece, id_to_byte_piece, is_special,
// is_byte, get_special_token, vocab, _to_string.
func (t *Tokenizer) Call(ctx context.Context, method string, args, kwargs json.RawMessage) (json.RawMessage, error) {
	return seam.Do(ctx, t.calls, seam.Method(t.calls, wire.OpRaw, method, args, kwargs))
}

// CallAsync is Call as a future.
func (t *Tokenizer) CallAsync(ctx context.Context, method string, args, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return seam.Start(ctx, t.calls, seam.Method(t.calls, wire.OpRaw, method, args, kwargs))
}
