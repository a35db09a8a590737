package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

func TestRequestIDs(t *testing.T) {
	on := serve(t, shared, server.Options{RequestIDHeaders: true})
	off := serve(t, shared, server.Options{})
	rendered := func(url string, headers ...string) (answer, string) {
		a := post(t, url+"/v1/chat/completions/render", chat, headers...)
		require.Equal(t, 200, a.status)
		_, rest, _ := strings.Cut(a.body, `"request_id":"chatcmpl-`)
		id, _, _ := strings.Cut(rest, `"`)
		return a, id
	}
	a, id := rendered(on, "X-Request-Id: my-id")
	assert.Equal(t, "my-id", a.header.Get("X-Request-Id"))
	assert.Equal(t, "my-id", id)
	a, id = rendered(off, "X-Request-Id: my-id")
	assert.Empty(t, a.header.Get("X-Request-Id"))
	assert.Equal(t, "my-id", id)
	a, _ = rendered(on)
	assert.Regexp(t, "^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$", a.header.Get("X-Request-Id"))
	b, _ := rendered(on)
	assert.NotEqual(t, a.header.Get("X-Request-Id"), b.header.Get("X-Request-Id"))
	for i, bad := range []string{strings.Repeat("x", 129), "a b", "ä", ""} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			a, id = rendered(on, "X-Request-Id: "+bad)
			assert.NotEqual(t, bad, a.header.Get("X-Request-Id"))
			assert.NotEqual(t, bad, id)
			assert.NotEmpty(t, id)
		})
	}
	assert.NotEmpty(t, ask(t, "GET", on+"/health", "").header.Get("X-Request-Id"))
	assert.NotEmpty(t, ask(t, "GET", on+"/nope", "").header.Get("X-Request-Id"))
}

func metrics(t testing.TB, url string) map[string]string {
	t.Helper()
	a := ask(t, "GET", url+"/metrics", "")
	require.Equal(t, 200, a.status)
	all := map[string]string{}
	for line := range strings.Lines(a.body) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && name != "#" {
			all[name] = value
		}
	}
	return all
}

func TestMetrics(t *testing.T) {
	m := telemetry.NewMetrics(telemetry.Build{Program: "v1", Go: "go1", Reference: "1.13.1"})
	e := newSlow(shared)
	url := serve(t, e, server.Options{Metrics: m})
	before := metrics(t, url)
	assert.Equal(t, "0", before[`mtok_http_requests_total{route="/tokenize",status="200"}`])
	assert.Equal(t, "1", before[`mtok_build_info{go="go1",reference="1.13.1",version="v1"}`])
	assert.Equal(t, "1", before["mtok_ready"])

	held := make(chan answer, 1)
	go func() {
		a, _ := try(t.Context(), http.DefaultClient, "POST", url+"/tokenize", chat, isJSON)
		held <- a
	}()
	<-e.entered
	during := metrics(t, url)
	assert.Equal(t, "1", during["mtok_http_requests_in_flight"])
	assert.Equal(t, fmt.Sprint(len(chat)), during["mtok_http_body_memory_bytes"], "the body, which is its frame")
	close(e.gate)
	<-held
	post(t, url+"/tokenize", `{`)
	post(t, url+"/tokenize", `{"prompt":"a","model":"nope"}`)
	ask(t, "GET", url+"/nope", "")
	after := metrics(t, url)
	for name, want := range map[string]string{
		`mtok_http_requests_total{route="/tokenize",status="200"}`:                "1",
		`mtok_http_requests_total{route="/tokenize",status="400"}`:                "1",
		`mtok_http_requests_total{route="/tokenize",status="404"}`:                "1",
		`mtok_http_requests_total{route="none",status="404"}`:                     "1",
		`mtok_tokens_total{route="/tokenize"}`:                                    "7",
		`mtok_http_requests_in_flight`:                                            "0",
		`mtok_http_body_memory_bytes`:                                             "0",
		`mtok_http_request_stage_seconds_count{route="/tokenize",stage="total"}`:  "3",
		`mtok_http_request_stage_seconds_count{route="/tokenize",stage="read"}`:   "3",
		`mtok_http_request_stage_seconds_count{route="/tokenize",stage="call"}`:   "3",
		`mtok_http_request_stage_seconds_count{route="/tokenize",stage="encode"}`: "3",
		`mtok_http_request_size_bytes_sum{route="/tokenize"}`:                     fmt.Sprint(len(chat) + 1 + 29),
		`mtok_queue_depth`: "0",
	} {
		assert.Equal(t, want, after[name], name)
	}
	problems, err := testutil.GatherAndLint(m.Registry)
	require.NoError(t, err)
	for _, p := range problems {
		// The Go collector's own.
		if strings.HasPrefix(p.Metric, "mtok_") {
			t.Error(p.Metric, p.Text)
		}
	}
}

func TestMetrics_failures(t *testing.T) {
	url := serve(t, failing{shared, bridge.ErrOverloaded}, server.Options{})
	post(t, url+"/tokenize", chat)
	m := metrics(t, url)
	assert.Equal(t, "1", m[`mtok_http_failures_total{reason="overloaded"}`])
	assert.Equal(t, "1", m[`mtok_http_requests_total{route="/tokenize",status="429"}`])
}

func traced(t *testing.T) (*tracetest.SpanRecorder, *sdktrace.TracerProvider) {
	t.Helper()
	rec := tracetest.NewSpanRecorder()
	p := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(rec))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	return rec, p
}

func TestTraces(t *testing.T) {
	rec, p := traced(t)
	url := serve(t, shared, server.Options{Tracer: p})
	const parent = "4bf92f3577b34da6a3ce929d0e0e4736"
	a := post(t, url+"/tokenize", chat, "traceparent: 00-"+parent+"-00f067aa0ba902b7-01")
	require.Equal(t, 200, a.status)
	for _, path := range []string{"/health", "/metrics", "/nope"} {
		ask(t, "GET", url+path, "")
	}
	eventually(t, "the span ends", func() bool { return len(rec.Ended()) == 3 })
	names := map[string]sdktrace.ReadOnlySpan{}
	for _, s := range rec.Ended() {
		names[s.Name()] = s
		assert.Equal(t, parent, s.SpanContext().TraceID().String())
	}
	require.Contains(t, names, "POST /tokenize")
	require.Contains(t, names, "engine.Serve")
	require.Contains(t, names, "encode")
	root := names["POST /tokenize"]
	assert.Equal(t, "00f067aa0ba902b7", root.Parent().SpanID().String())
	assert.Equal(t, root.SpanContext().SpanID(), names["engine.Serve"].Parent().SpanID())
	attrs := map[string]string{}
	for _, kv := range root.Attributes() {
		attrs[string(kv.Key)] = kv.Value.String()
	}
	assert.Equal(t, "7", attrs["mtok.tokens"])
	assert.Equal(t, "200", attrs["http.response.status_code"])
	assert.Equal(t, "/tokenize", attrs["http.route"])
}

// A text sent to every route, in every place and with every error is in no log line, no
// metric and no span.
func TestTelemetry_quotesNothing(t *testing.T) {
	const secret = "xylophone7"
	rec, p := traced(t)
	l := newLog()
	own, err := openLogged(t, l)
	require.NoError(t, err)
	o := server.Options{AccessLog: true, Log: logger(l), Tracer: p, TokenizerInfo: true, MaxBody: 4000, RequestIDHeaders: true}
	engines := []server.Engine{
		own, failing{own, errors.New(secret)}, failing{own, &bridge.PyError{Module: "m", Type: "T", Str: secret, Message: secret, Traceback: secret}},
		failing{own, &bridge.WorkerError{Kind: bridge.ErrWorkerDied, Stderr: secret}}, failing{own, bridge.ErrOverloaded},
		failing{own, &bridge.FetchError{Place: "messages.0", URL: secret, Err: errors.New(secret)}},
	}
	bodies := []string{
		`{"prompt":"` + secret + `"}`, `{"messages":[{"role":"user","content":"` + secret + `"}]}`, `{"messages":[{"role":"` + secret + `"}]}`,
		`{"model":"` + secret + `","prompt":"a"}`, `{"` + secret + `":`, `{"tokens":["` + secret + `"]}`, `["` + secret + `"]`, `"` + secret + `"`, secret,
		`{"prompt":"` + strings.Repeat(secret, 400) + `"}`,
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://` + secret + `"}}]}]}`,
	}
	for i, e := range engines {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			s, err := server.New(quiet{e}, withAddr(o))
			require.NoError(t, err)
			url := "http://" + run(t, s)
			send := bodies
			if i > 0 {
				send = bodies[:1]
			}
			for _, r := range append(s.Routes(), &routes.Route{Path: "/" + secret}) {
				say := func(method, query, body string, headers ...string) {
					_, err := try(t.Context(), http.DefaultClient, method, url+r.Path+query, body, headers...)
					if strings.HasSuffix(r.Path, "/stream") && errors.Is(err, io.ErrUnexpectedEOF) {
						return // what is wrong with a line breaks the answer off
					}
					require.NoError(t, err, "%s %s", method, r.Path)
				}
				for _, body := range send {
					say("POST", "?"+secret, body, isJSON, "Authorization: Bearer "+secret)
				}
				say("POST", "", secret, "Content-Type: "+secret)
				say("GET", "?"+secret, "")
				say(strings.ToUpper(secret), "", "")
			}
			for _, line := range strings.Split(ask(t, "GET", url+"/metrics", "").body, "\n") {
				assert.NotContains(t, strings.ToLower(line), secret)
			}
		})
	}
	assert.Contains(t, l.String(), "route=/tokenize status=200")
	for _, line := range strings.Split(l.String(), "\n") {
		assert.NotContains(t, strings.ToLower(line), secret)
	}
	require.NotEmpty(t, rec.Ended())
	for _, s := range rec.Ended() {
		text := fmt.Sprint(s.Name(), s.Attributes(), s.Events(), s.Status())
		if !assert.NotContains(t, strings.ToLower(text), secret) {
			return
		}
	}
}

func TestAccessLog(t *testing.T) {
	l := newLog()
	url := serve(t, shared, server.Options{AccessLog: true, Log: logger(l)})
	post(t, url+"/tokenize", chat, "X-Request-Id: my-id")
	ask(t, "GET", url+"/health", "")
	eventually(t, "two lines", func() bool { return strings.Count(l.String(), "msg=request") == 2 })
	lines := strings.Split(l.String(), "\n")
	assert.Regexp(t, `level=INFO msg=request method=POST route=/tokenize status=200 in=\d+ out=\d+ tokens=7 took=\S+ call=\S+ id=my-id remote=127.0.0.1:\d+$`, lines[len(lines)-3])
	assert.Contains(t, lines[len(lines)-2], "level=DEBUG msg=request method=GET route=/health status=200 in=0 out=0")
	off := newLog()
	url = serve(t, shared, server.Options{Log: logger(off)})
	post(t, url+"/tokenize", chat)
	assert.NotContains(t, off.String(), "msg=request")
}
