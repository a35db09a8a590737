package engine_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// BenchmarkServe is the engine with Python behind it: chats of 1 KB, all different.
func BenchmarkServe(b *testing.B) {
	text := strings.Repeat("word ", 200)
	var n atomic.Int64
	request := func() []byte {
		return []byte(`{"messages":[{"role":"user","content":"` + strconv.FormatInt(n.Add(1), 10) + " " + text + `"}]}`)
	}
	for _, route := range []refserver.Route{refserver.RouteTokenize, refserver.RouteMistralTokenize} {
		for _, callers := range []int{1, 8} {
			b.Run(fmt.Sprintf("route=%d/callers=%d", route, callers), func(b *testing.B) {
				b.SetParallelism(callers)
				run := func() {
					s, err := shared.Serve(b.Context(), refserver.Request{Route: route, Body: request()})
					if err != nil || s.Status != 200 {
						b.Error(err, s)
					}
				}
				if callers == 1 {
					for b.Loop() {
						run()
					}
					return
				}
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						run()
					}
				})
			})
		}
	}
}
