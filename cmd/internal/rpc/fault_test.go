package rpc_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// slow takes a worker a good while, each time.
var slow = strings.Repeat("slowly ", 1<<20)

// TestFaults is one worker process with a queue of one, and what can happen to it.
func TestFaults(t *testing.T) {
	e, err := engine.Open(t.Context(), engine.Options{
		Bridge: []bridge.Option{
			bridge.WithDistribution(bundled.Python()), bridge.WithWorkers(1), bridge.WithQueue(1), bridge.WithMaxInput(32 << 20),
			bridge.WithMemo(0), bridge.WithoutShortcuts(),
		},
		Models: []engine.ModelSpec{{Source: bridge.Shipped("v3"), Name: "spm"}}, MaxModelLen: 32 << 20,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
	conn := dial(t, ways[0], e, rpc.Options{})
	c, l := v1.NewTokenizerServiceClient(conn), tokenization.NewTokenizationServiceClient(conn)

	spm, _ := e.Lookup("spm")
	// busy keeps more requests coming than there is room for, until done.
	busy := func(t *testing.T) (done func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var calls sync.WaitGroup
		for range 4 {
			calls.Go(func() {
				for ctx.Err() == nil {
					if _, err := spm.Tokenizer().EncodeText(ctx, slow, true, false); err != nil {
						time.Sleep(time.Millisecond)
					}
				}
			})
		}
		return func() {
			cancel()
			calls.Wait()
		}
	}

	t.Run("overload", func(t *testing.T) {
		defer busy(t)()
		full := func(call func() error) (err error) {
			require.Eventually(t, func() bool { err = call(); return err != nil }, hang, time.Millisecond)
			return err
		}
		err := full(func() error { _, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: "x"}); return err })
		s, _ := failed(t, err, codes.ResourceExhausted, "OVERLOADED")
		retry := detail[*errdetails.RetryInfo](s)
		require.NotNil(t, retry)
		assert.Equal(t, time.Second, retry.GetRetryDelay().AsDuration())
		err = full(func() error {
			_, err := l.RenderCompletion(t.Context(), &tokenization.RenderCompletionRequest{ModelName: "spm", Prompt: "x"})
			return err
		})
		failed(t, err, codes.ResourceExhausted, "OVERLOADED")
	})

	t.Run("a stream waits for a full queue", func(t *testing.T) {
		done := busy(t)
		stream, err := c.TokenizeStream(t.Context())
		require.NoError(t, err)
		const n = 20
		items := make([]*v1.TokenizeStreamRequest, n)
		for i := range items {
			items[i] = textItem(&v1.TokenizeRequest{Text: "a b c"})
		}
		before := e.Stats().Overloaded
		sendAll(t, stream, items)
		require.Eventually(t, func() bool { return e.Stats().Overloaded > before+n }, hang, time.Millisecond)
		done()
		for i := range n {
			got, err := stream.Recv()
			require.NoError(t, err)
			require.Equal(t, uint64(i), got.GetIndex())
			require.Len(t, got.GetTokenize().GetTokens(), 3, "%v", got.GetFailure())
		}
	})

	t.Run("a worker is killed", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var killing sync.WaitGroup
		killing.Go(func() {
			for ctx.Err() == nil {
				if s := e.Stats(); s.Running == 1 && len(s.Workers) == 1 && s.Workers[0].PID > 0 {
					_ = syscall.Kill(s.Workers[0].PID, syscall.SIGKILL)
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
		var err error
		require.Eventually(t, func() bool {
			_, err = c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: slow})
			return err != nil
		}, hang, time.Millisecond)
		cancel()
		killing.Wait()
		s, _ := failed(t, err, codes.Unavailable, "WORKER_DIED")
		require.NotNil(t, detail[*errdetails.RetryInfo](s))
		require.Eventually(t, func() bool {
			_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: "x"})
			return err == nil
		}, hang, 10*time.Millisecond)
	})

	t.Run("too large", func(t *testing.T) {
		_, err := c.Tokenize(t.Context(), &v1.TokenizeRequest{Text: strings.Repeat("x", 33<<20)})
		s, _ := failed(t, err, codes.ResourceExhausted, "TOO_LARGE")
		assert.Nil(t, detail[*errdetails.RetryInfo](s), "again would be no better")
	})
}

// Before the models are there, and without any fault.
func TestLoading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	entered := make(chan struct{})
	e, err := engine.Start(engine.Options{Models: served, Open: func(context.Context) (*bridge.Runtime, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	require.NoError(t, err)
	<-entered
	conn := dial(t, ways[0], e, rpc.Options{})
	_, err = v1.NewTokenizerServiceClient(conn).Tokenize(t.Context(), &v1.TokenizeRequest{Text: "x"})
	failed(t, err, codes.Unavailable, "LOADING")
	_, err = v1.NewTokenizerServiceClient(conn).ListModels(t.Context(), &v1.ListModelsRequest{})
	failed(t, err, codes.Unavailable, "LOADING")
	got, err := tokenization.NewTokenizationServiceClient(conn).InitializeTokenizer(t.Context(), &tokenization.InitializeTokenizerRequest{ModelName: "spm"})
	require.NoError(t, err)
	assert.False(t, got.GetSuccess(), "llm-d's client tries again")
	cancel()
	_ = e.Close(context.Background())
}

// Stop lets a call finish that has begun, and cuts it when its time is over.
func TestStop(t *testing.T) {
	for _, patient := range []bool{true, false} {
		t.Run(strconv.FormatBool(patient), func(t *testing.T) {
			e := &faulty{Engine: shared}
			begun, release := make(chan struct{}), make(chan struct{})
			e.find = func(name string) {
				if name == "wait" {
					close(begun)
					<-release
				}
			}
			conn, server := serveOn(t, e)
			answered := make(chan error, 1)
			go func() {
				_, err := v1.NewTokenizerServiceClient(conn).Tokenize(t.Context(), &v1.TokenizeRequest{Model: "wait"})
				answered <- err
			}()
			<-begun
			ctx, cancel := context.WithTimeout(t.Context(), hang)
			stopped := make(chan struct{})
			go func() {
				rpc.Stop(ctx, server)
				close(stopped)
			}()
			if patient {
				for s := conn.GetState(); s == connectivity.Ready; s = conn.GetState() { // until the server says that it goes
					require.True(t, conn.WaitForStateChange(ctx, s))
				}
				close(release)
				failed(t, <-answered, codes.NotFound, "MODEL_NOT_FOUND") // an answer all the same
				<-stopped
			} else {
				cancel()
				assert.Equal(t, codes.Unavailable, status.Code(<-answered))
				close(release)
				<-stopped
			}
			cancel()
		})
	}
}
