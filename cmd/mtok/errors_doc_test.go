package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
)

// raisedAs is an exception of the class, as Python reports it.
func raisedAs(class string, fault bridge.Fault) *bridge.PyError {
	at := strings.LastIndexByte(class, '.')
	return &bridge.PyError{
		Module: class[:at], Type: class[at+1:], Fault: fault, Message: "m", Str: "m", MRO: []string{class, "builtins.Exception"},
	}
}

// examples are errors of each cause.
var examples = map[bridge.Reason][]error{
	bridge.ReasonRejected:         {raisedAs("builtins.OSError", bridge.FaultCaller), raisedAs("builtins.KeyError", ""), &bridge.TokenIDError{ID: -1}, &bridge.SpecialTokenError{}},
	bridge.ReasonInvalid:          {bridge.ErrInvalidUTF8, bridge.ErrInvalidRequest, mistral.ErrInexact},
	bridge.ReasonMediaDenied:      {raisedAs("pyshim.errors.MediaDenied", bridge.FaultCaller)},
	bridge.ReasonMediaTooLarge:    {raisedAs("pyshim.errors.MediaTooLarge", bridge.FaultCaller)},
	bridge.ReasonFetch:            {&bridge.FetchError{Place: "p"}},
	bridge.ReasonTooLarge:         {bridge.ErrTooLarge},
	bridge.ReasonUnknownTokenizer: {raisedAs("pyshim.errors.UnknownTokenizer", bridge.FaultUsage)},
	bridge.ReasonUsage:            {raisedAs("pyshim.errors.WrongKind", bridge.FaultUsage)},
	bridge.ReasonOverloaded:       {bridge.ErrOverloaded},
	bridge.ReasonClosed:           {bridge.ErrClosed, engine.ErrDraining},
	bridge.ReasonCanceled:         {context.Canceled},
	bridge.ReasonTimeout:          {context.DeadlineExceeded, &bridge.WorkerError{Kind: bridge.ErrTimeLimit}},
	bridge.ReasonWorkerDied:       {&bridge.WorkerError{Kind: bridge.ErrWorkerDied}, &bridge.WorkerError{Kind: bridge.ErrWorkerGarbage}},
	bridge.ReasonWorkerMemory:     {&bridge.WorkerError{Kind: bridge.ErrWorkerMemory}, raisedAs("builtins.MemoryError", bridge.FaultMachine)},
	bridge.ReasonCrashLoop:        {bridge.ErrCrashLoop},
	bridge.ReasonNoWorker:         {&bridge.NoWorkerError{Err: os.ErrNotExist}, bridge.ErrNoWorker},
	bridge.ReasonDownload:         {raisedAs("pyshim.errors.DownloadFailed", bridge.FaultMachine)},
	bridge.ReasonEnvironment: {
		&bridge.NotFoundError{}, &bridge.OfflineError{}, &bridge.BundleError{Kind: bridge.ErrBundleDamaged}, &bridge.ProbeError{Kind: os.ErrNotExist}, bridge.ErrStatic, environmentError{bridge.ErrCrashLoop},
	},
	bridge.ReasonInternal: {bridge.ErrInternal, refserver.ErrOptions, raisedAs("builtins.OSError", bridge.FaultMachine), os.ErrNotExist},
}

var grpcNames = map[codes.Code]string{
	codes.InvalidArgument: "INVALID_ARGUMENT", codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.NotFound: "NOT_FOUND",
	codes.Unavailable: "UNAVAILABLE", codes.Canceled: "CANCELLED", codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.Internal: "INTERNAL",
}

// goErrors are what the table names in Go.
var goErrors = map[string]func(error) bool{
	"*PyError": isA[*bridge.PyError], "*TokenIDError": isA[*bridge.TokenIDError], "*SpecialTokenError": isA[*bridge.SpecialTokenError],
	"*MediaDeniedError": isA[*bridge.MediaDeniedError], "*MediaTooLargeError": isA[*bridge.MediaTooLargeError], "*FetchError": isA[*bridge.FetchError],
	"*UnknownTokenizerError": isA[*bridge.UnknownTokenizerError], "*DownloadError": isA[*bridge.DownloadError], "*WorkerError": isA[*bridge.WorkerError],
	"*NoWorkerError": isA[*bridge.NoWorkerError], "ErrNoWorker": is(bridge.ErrNoWorker), "*NotFoundError": isA[*bridge.NotFoundError], "*ProbeError": isA[*bridge.ProbeError],
	"MemoryError": func(err error) bool {
		e := (*bridge.PyError)(nil)
		return errors.As(err, &e) && e.IsA("builtins.MemoryError")
	},
	"ErrInvalidRequest": is(bridge.ErrInvalidRequest), "ErrInvalidUTF8": is(bridge.ErrInvalidUTF8), "ErrInexact": is(mistral.ErrInexact),
	"ErrTooLarge": is(bridge.ErrTooLarge), "ErrOverloaded": is(bridge.ErrOverloaded), "ErrClosed": is(bridge.ErrClosed), "ErrTimeLimit": is(bridge.ErrTimeLimit),
	"context.Canceled": is(context.Canceled), "context.DeadlineExceeded": is(context.DeadlineExceeded), "ErrWorkerMemory": is(bridge.ErrWorkerMemory),
	"ErrCrashLoop": is(bridge.ErrCrashLoop), "ErrStatic": is(bridge.ErrStatic), "ErrInternal": is(bridge.ErrInternal),
}

func isA[T error](err error) bool { return errors.As(err, new(T)) }

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

var quoted = regexp.MustCompile("`([^`]+)`")

// The table of docs/errors.md says for each cause what every interface does with it.
func TestErrorsPage_causes(t *testing.T) {
	text, err := os.ReadFile("../../docs/errors.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "<!-- causes")
	require.True(t, found)
	table, _, found := strings.Cut(rest, "<!-- end of causes -->")
	require.True(t, found)
	var reasons []bridge.Reason
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		var cells []string
		for _, cell := range strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		require.Len(t, cells, 7, line)
		reason := bridge.Reason(strings.Trim(cells[0], "`"))
		reasons = append(reasons, reason)
		require.NotEmpty(t, examples[reason], reason)
		names := quoted.FindAllStringSubmatch(cells[2], -1)
		require.NotEmpty(t, names, line)
		for _, name := range names {
			require.Contains(t, goErrors, name[1], line)
			assert.True(t, slices.ContainsFunc(examples[reason], goErrors[name[1]]), "Go: %s is no %s", reason, name[1])
		}
		for _, err := range examples[reason] {
			again := "no"
			if engine.Classify(err).Retryable {
				again = "yes"
			}
			name := grpcNames[rpc.Code(err)]
			assert.Equal(t, cells[3], strconv.Itoa(exitOfError(err)), "exit: %s, %v", reason, err)
			if _, ours := err.(environmentError); ours {
				continue
			}
			assert.Equal(t, cells[4], strconv.Itoa(engine.Classify(err).Status), "HTTP: %s, %v", reason, err)
			assert.Equal(t, cells[5], name, "gRPC: %s, %v", reason, err)
			assert.Equal(t, cells[6], again, "again: %s, %v", reason, err)
			if err != engine.ErrDraining {
				assert.Equal(t, cells[4], strconv.Itoa(bridge.HTTPStatus(err)), "HTTPStatus: %s, %v", reason, err)
				assert.Equal(t, again == "yes", bridge.Retryable(err), "Retryable: %s, %v", reason, err)
				assert.Equal(t, reason, bridge.ReasonOf(err), "%v", err)
			}
		}
	}
	assert.Equal(t, bridge.Reasons(), reasons)
}
