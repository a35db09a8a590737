package rpc_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

type requestStream = grpc.BidiStreamingClient[v1.TokenizeStreamRequest, v1.TokenizeStreamResponse]

func textItem(r *v1.TokenizeRequest) *v1.TokenizeStreamRequest {
	return &v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_Tokenize{Tokenize: r}}
}

func sendAll(t *testing.T, stream requestStream, items []*v1.TokenizeStreamRequest) {
	for _, in := range items {
		if !assert.NoError(t, stream.Send(in)) {
			return
		}
	}
	assert.NoError(t, stream.CloseSend())
}

// Every request has one answer, in its place, whatever became of those around it.
func TestTokenizeStream_order(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{Window: 7, Timeout: time.Minute}))
			stream, err := c.TokenizeStream(t.Context())
			require.NoError(t, err)
			const n = 500
			var items []*v1.TokenizeStreamRequest
			for i := range n {
				text := fmt.Sprint("number ", i, strings.Repeat(" x", i%50*20))
				switch i % 5 {
				case 0:
					items = append(items, textItem(&v1.TokenizeRequest{Text: text, Bos: true, WithPieces: true}))
				case 1:
					items = append(items, &v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_TokenizeChat{TokenizeChat: chat("spm", hello)}})
				case 2:
					items = append(items, &v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_Count{Count: &v1.CountRequest{
						Input: &v1.CountRequest_Tokenize{Tokenize: &v1.TokenizeRequest{Text: text}},
					}}})
				case 3:
					items = append(items, textItem(&v1.TokenizeRequest{Model: "gone"}))
				case 4:
					items = append(items, &v1.TokenizeStreamRequest{Request: &v1.TokenizeStreamRequest_TokenizeChat{TokenizeChat: chat("", `{"messages":[{"role":"user","content":7}]}`)}})
				}
			}
			items = append(items, &v1.TokenizeStreamRequest{})
			go sendAll(t, stream, items)
			tok := model(t, "tekken").Tokenizer()
			for i := range n {
				got, err := stream.Recv()
				require.NoError(t, err)
				require.Equal(t, uint64(i), got.GetIndex())
				text := fmt.Sprint("number ", i, strings.Repeat(" x", i%50*20))
				switch i % 5 {
				case 0:
					want, err := tok.EncodeText(t.Context(), text, true, false)
					require.NoError(t, err)
					require.Equal(t, want, got.GetTokenize().GetTokens())
					require.Len(t, got.GetTokenize().GetPieces(), len(want))
				case 1:
					require.Equal(t, []int32{1, 3, 23325, 29493, 2294, 29576, 4}, got.GetTokenizeChat().GetTokens())
				case 2:
					want, err := tok.CountText(t.Context(), text, false, false)
					require.NoError(t, err)
					require.Equal(t, int64(want), got.GetCount().GetCount())
				case 3:
					require.Equal(t, int32(codes.NotFound), got.GetFailure().GetCode())
					require.Equal(t, "MODEL_NOT_FOUND", got.GetFailure().GetReason())
				case 4:
					f := got.GetFailure()
					require.Equal(t, int32(codes.InvalidArgument), f.GetCode())
					require.Equal(t, "pydantic_core._pydantic_core.ValidationError", f.GetMetadata()["python_class"])
					require.Equal(t, "messages.0.user.content.str", f.GetViolations()[0].GetField())
					require.Nil(t, f.GetRetryAfter())
				}
			}
			got, err := stream.Recv()
			require.NoError(t, err)
			assert.Equal(t, uint64(n), got.GetIndex())
			assert.Equal(t, "INVALID_REQUEST", got.GetFailure().GetReason())
			_, err = stream.Recv()
			assert.ErrorIs(t, err, io.EOF)
		})
	}
}

// A client that does not read is not read from: what waits for it is bounded.
func TestTokenizeStream_flowControl(t *testing.T) {
	for _, w := range []way{{"tcp", false}, {"tcp", true}} {
		t.Run(w.String(), func(t *testing.T) {
			const window, n = 4, 60
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{Window: window},
				grpc.WithStaticStreamWindowSize(64<<10), grpc.WithStaticConnWindowSize(64<<10)))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			before := shared.Stats().Submitted
			stream, err := c.TokenizeStream(ctx)
			require.NoError(t, err)
			items := make([]*v1.TokenizeStreamRequest, n)
			for i := range items {
				items[i] = textItem(&v1.TokenizeRequest{Text: strings.Repeat("word ", 20000)}) // its answer is 40 KB
			}
			go sendAll(t, stream, items)
			submitted := func() int64 { return shared.Stats().Submitted - before }
			require.Eventually(t, func() bool { return submitted() >= window }, hang, time.Millisecond)
			last := int64(0)
			require.Eventually(t, func() bool { // until no more are taken
				now := submitted()
				still := now == last
				last = now
				return still
			}, hang, 300*time.Millisecond)
			// Beside the window: what is being sent, and what is on its way in buffers.
			assert.LessOrEqual(t, last, int64(window+16))
			for i := range n {
				got, err := stream.Recv()
				require.NoError(t, err)
				require.Equal(t, uint64(i), got.GetIndex())
				require.NotEmpty(t, got.GetTokenize().GetTokens())
			}
			_, err = stream.Recv()
			require.ErrorIs(t, err, io.EOF)
			assert.Equal(t, int64(n), submitted())
		})
	}
}

// A client that goes away in the middle leaves nothing behind: TestMain looks for
// goroutines, and this for calls.
func TestTokenizeStream_clientGone(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{Window: 4}))
			ctx, cancel := context.WithCancel(t.Context())
			stream, err := c.TokenizeStream(ctx)
			require.NoError(t, err)
			for range 8 {
				require.NoError(t, stream.Send(textItem(&v1.TokenizeRequest{Text: strings.Repeat("word ", 20000)})))
			}
			_, err = stream.Recv()
			require.NoError(t, err)
			cancel()
			require.Eventually(t, func() bool { s := shared.Stats(); return s.Depth == 0 && s.Running == 0 }, hang, time.Millisecond)
		})
	}
}
