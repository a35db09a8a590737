package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// The ways in side by side, with the client in the same process, and the call without any.
func BenchmarkTokenize1KB(b *testing.B) {
	text := strings.Repeat("word ", 200)
	b.Run("bridge", func(b *testing.B) {
		for b.Loop() {
			_, err := model(b, "spm").Tokenizer().EncodeText(b.Context(), text, true, false)
			require.NoError(b, err)
		}
	})
	for _, w := range ways {
		b.Run(w.String(), func(b *testing.B) {
			c := v1.NewTokenizerServiceClient(dial(b, w, shared, rpc.Options{}))
			b.ReportAllocs()
			for b.Loop() {
				_, err := c.Tokenize(b.Context(), &v1.TokenizeRequest{Model: "spm", Text: text, Bos: true})
				require.NoError(b, err)
			}
		})
	}
}

// What it takes to bring a large request over: it is refused when it is there.
func BenchmarkUpload(b *testing.B) {
	for _, size := range []int{5 << 20, 27 << 20} {
		text := strings.Repeat("word ", size/5)
		for _, w := range ways {
			b.Run(fmt.Sprint(size>>20, "MB/", w), func(b *testing.B) {
				c := v1.NewTokenizerServiceClient(dial(b, w, shared, rpc.Options{}))
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					_, err := c.Tokenize(b.Context(), &v1.TokenizeRequest{Model: "gone", Text: text})
					require.Error(b, err)
				}
			})
		}
	}
}

// What a request costs in a stream.
func BenchmarkStream(b *testing.B) {
	text := strings.Repeat("word ", 200)
	for _, w := range ways {
		b.Run(w.String(), func(b *testing.B) {
			stream, err := v1.NewTokenizerServiceClient(dial(b, w, shared, rpc.Options{})).TokenizeStream(b.Context())
			require.NoError(b, err)
			n := 0
			go func() {
				for stream.Send(textItem(&v1.TokenizeRequest{Model: "spm", Text: text})) == nil {
				}
			}()
			for b.Loop() {
				got, err := stream.Recv()
				require.NoError(b, err)
				require.Equal(b, uint64(n), got.GetIndex())
				n++
			}
		})
	}
}
