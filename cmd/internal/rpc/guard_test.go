package rpc_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

func TestKeys(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			allowed := "Bearer one"
			conn := dial(t, w, shared, rpc.Options{Authorize: func(given string) bool { return given == allowed }})
			c, l := v1.NewTokenizerServiceClient(conn), tokenization.NewTokenizationServiceClient(conn)
			try := func(authorization ...string) codes.Code {
				ctx := t.Context()
				for _, a := range authorization {
					ctx = metadata.AppendToOutgoingContext(ctx, "authorization", a)
				}
				_, err := c.ListModels(ctx, &v1.ListModelsRequest{})
				_, again := l.InitializeTokenizer(ctx, &tokenization.InitializeTokenizerRequest{ModelName: "tekken"})
				stream, e := c.TokenizeStream(ctx)
				require.NoError(t, e)
				require.NoError(t, stream.CloseSend())
				_, e = stream.Recv()
				assert.Equal(t, status.Code(err), status.Code(again))
				assert.Equal(t, err == nil, status.Code(e) != codes.Unauthenticated)
				return status.Code(err)
			}
			assert.Equal(t, codes.OK, try("Bearer one"))
			for _, a := range [][]string{nil, {"Bearer two"}, {""}, {"Bearer two", "Bearer one"}} {
				assert.Equal(t, codes.Unauthenticated, try(a...), "%q", a)
			}
			allowed = "Bearer two"
			assert.Equal(t, codes.OK, try("Bearer two"))
			assert.Equal(t, codes.Unauthenticated, try("Bearer one"))
			_, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			assert.NoError(t, err, "probes have no key")
		})
	}
}

func TestRequestIDs(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			log := &lines{}
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{Log: log.logger()}))
			ask := func(ids ...string) string {
				ctx := t.Context()
				for _, id := range ids {
					ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", id)
				}
				var header metadata.MD
				_, err := c.Tokenize(ctx, &v1.TokenizeRequest{Text: "x"}, grpc.Header(&header))
				require.NoError(t, err)
				require.Len(t, header.Get("x-request-id"), 1)
				id := header.Get("x-request-id")[0]
				log.contains(t, `"request_id":"`+id+`"`)
				return id
			}
			assert.Equal(t, "mine-1", ask("mine-1"))
			assert.Equal(t, strings.Repeat("a", 128), ask(strings.Repeat("a", 128)))
			for i, bad := range [][]string{nil, {""}, {"two words"}, {strings.Repeat("a", 129)}, {"a", "b"}} {
				t.Run(strconv.Itoa(i), func(t *testing.T) {
					id := ask(bad...)
					assert.Regexp(t, "^[a-z2-7]{26}$", id)
					assert.NotEqual(t, id, ask(bad...))
				})
			}
		})
	}
}

func TestDeadlines(t *testing.T) {
	slow := strings.Repeat("word ", 1<<20)
	c := v1.NewTokenizerServiceClient(dial(t, ways[0], shared, rpc.Options{Timeout: time.Millisecond}))
	stream, err := c.TokenizeStream(t.Context())
	require.NoError(t, err)
	_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: slow})
	s, _ := failed(t, err, codes.DeadlineExceeded, "TIMEOUT")
	assert.Equal(t, "the server's limit on time, 1ms, is over", s.Message())

	// The limit is over since the stream began, but it is on a request, not on the stream.
	require.NoError(t, stream.Send(textItem(&v1.TokenizeRequest{Text: slow})))
	got, err := stream.Recv()
	require.NoError(t, err)
	assert.Equal(t, int32(codes.DeadlineExceeded), got.GetFailure().GetCode())
	require.NoError(t, stream.CloseSend())

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = typed(t).Tokenize(ctx, &v1.TokenizeRequest{Text: slow})
	assert.Equal(t, codes.DeadlineExceeded, status.Code(err))
}

func TestGuard_panic(t *testing.T) {
	log := &lines{}
	e := &faulty{Engine: shared, find: func(name string) {
		if name == "panic" {
			panic("secret " + name)
		}
	}}
	c := v1.NewTokenizerServiceClient(dial(t, ways[0], e, rpc.Options{Log: log.logger(), Quiet: true}))
	_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Model: "panic"})
	s, _ := failed(t, err, codes.Internal, "INTERNAL")
	assert.Equal(t, "Internal server error.", s.Message())
	log.contains(t, "panic in a call")
	assert.Contains(t, log.String(), "rpc_test.TestGuard_panic", "the stack")
	assert.NotContains(t, log.String(), "secret")
	assert.NotContains(t, log.String(), `"msg":"rpc"`)

	stream, err := c.TokenizeStream(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(textItem(&v1.TokenizeRequest{Model: "panic"})))
	_, err = stream.Recv()
	failed(t, err, codes.Internal, "INTERNAL")
	_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: "still there"})
	require.NoError(t, err)
}

func TestMessageLimits(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			c := v1.NewTokenizerServiceClient(dial(t, w, shared, rpc.Options{MaxMessage: 10000}))
			_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: strings.Repeat("x", 11000)})
			assert.Equal(t, codes.ResourceExhausted, status.Code(err))
			_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: strings.Repeat("x ", 4900), WithPieces: true})
			assert.Equal(t, codes.ResourceExhausted, status.Code(err))
			_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: strings.Repeat("x", 9900)})
			assert.NoError(t, err)
		})
	}
}

// meter records its calls.
type meter struct {
	mu  sync.Mutex
	all []string
}

func (m *meter) RPCStarted(method string) { m.note("started " + method) }

func (m *meter) RPCHandled(method, code string, elapsed time.Duration, received, sent, tokens int64) {
	if elapsed <= 0 {
		code += " in no time"
	}
	m.note(fmt.Sprint(method, " ", code, " received ", received > 0, " sent ", sent > 0, " tokens ", tokens))
}

func (m *meter) note(s string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, s)
}

func (m *meter) told() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all
}

func TestMetrics(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			m := &meter{}
			conn := dial(t, w, shared, rpc.Options{Metrics: m})
			c := v1.NewTokenizerServiceClient(conn)
			_, err := c.TokenizeChat(t.Context(), chat("", hello))
			require.NoError(t, err)
			_, err = c.TokenizeChat(t.Context(), chat("gone", hello))
			require.Error(t, err)
			_, err = tokenization.NewTokenizationServiceClient(conn).RenderCompletion(t.Context(), &tokenization.RenderCompletionRequest{ModelName: "spm", Prompt: "Hello"})
			require.NoError(t, err)
			stream, err := c.TokenizeStream(t.Context())
			require.NoError(t, err)
			sendAll(t, stream, []*v1.TokenizeStreamRequest{textItem(&v1.TokenizeRequest{Text: "a b"}), textItem(&v1.TokenizeRequest{Text: "c"})})
			for err == nil {
				_, err = stream.Recv()
			}
			require.Error(t, conn.Invoke(t.Context(), "/"+strings.Repeat("x", 100)+"/Gone", &v1.ListModelsRequest{}, &v1.ListModelsResponse{}))
			_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			require.NoError(t, err)
			require.Eventually(t, func() bool { return len(m.told()) == 8 }, hang, time.Millisecond)
			assert.ElementsMatch(t, []string{
				"started mistralbridge.v1.TokenizerService/TokenizeChat", "mistralbridge.v1.TokenizerService/TokenizeChat OK received true sent true tokens 7",
				"started mistralbridge.v1.TokenizerService/TokenizeChat", "mistralbridge.v1.TokenizerService/TokenizeChat NotFound received true sent false tokens 0",
				"started tokenization.TokenizationService/RenderCompletion", "tokenization.TokenizationService/RenderCompletion OK received true sent true tokens 2",
				"started mistralbridge.v1.TokenizerService/TokenizeStream", "mistralbridge.v1.TokenizerService/TokenizeStream OK received true sent true tokens 3",
			}, m.told())
		})
	}
}

// A word that is in every request and every error is in no line and no span.
func TestObserver_quotesNothing(t *testing.T) {
	const word = "rosebud"
	log, spans := &lines{}, tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	conn := dial(t, ways[0], shared, rpc.Options{Log: log.logger(), TracerProvider: provider})
	c, l := v1.NewTokenizerServiceClient(conn), tokenization.NewTokenizationServiceClient(conn)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")

	_, err := c.Tokenize(ctx, &v1.TokenizeRequest{Text: word})
	require.NoError(t, err)
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	_, err = c.Tokenize(ctx, &v1.TokenizeRequest{Model: word})
	note(err)
	_, err = c.TokenizeChat(ctx, chat("", `{"messages":[{"role":"`+word+`"}]}`))
	note(err)
	_, err = c.Render(ctx, renderChat(`{"messages":[{"role":"user","content":"x"}],"model":"`+word+`"}`))
	note(err)
	_, err = l.RenderChatCompletion(ctx, &tokenization.RenderChatCompletionRequest{ModelName: word})
	note(err)
	_, err = l.RenderChatTemplate(ctx, &tokenization.ChatTemplateRequest{ModelName: "spm", ConversationTurns: []*tokenization.ConversationTurn{
		{Messages: []*tokenization.ChatMessage{{Role: word}}},
	}})
	note(err)
	for _, err := range errs {
		require.ErrorContains(t, err, word, "the caller learns it")
	}
	stream, err := c.TokenizeStream(ctx)
	require.NoError(t, err)
	sendAll(t, stream, []*v1.TokenizeStreamRequest{textItem(&v1.TokenizeRequest{Text: word}), textItem(&v1.TokenizeRequest{Model: word})})
	for err == nil {
		_, err = stream.Recv()
	}
	require.Eventually(t, func() bool { return strings.Count(log.String(), `"msg":"rpc"`) == 7 }, hang, time.Millisecond, "%s", log)
	require.Eventually(t, func() bool { return len(spans.GetSpans()) == 7 }, hang, time.Millisecond)
	for _, span := range spans.GetSpans() {
		assert.Equal(t, "0123456789abcdef0123456789abcdef", span.SpanContext.TraceID().String())
		assert.NotContains(t, fmt.Sprintf("%+v", span), word)
	}
	assert.NotContains(t, log.String(), word)
	assert.Contains(t, log.String(), `"code":"Internal"`)
}
