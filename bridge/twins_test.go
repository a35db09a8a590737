package bridge_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// Every call that can be waited for can be had as a future, and each handle has as many calls
// as are counted here. Close is exempt: it
// returns no value, and is what one waits for at the end.
func TestAsync_twins(t *testing.T) {
	counts := map[reflect.Type]int{
		reflect.TypeFor[*bridge.Runtime]():   18,
		reflect.TypeFor[*bridge.Tokenizer](): 47,
		reflect.TypeFor[*vllm.Tokenizer]():   7,
		reflect.TypeFor[*refserver.Server](): 2,
		reflect.TypeFor[*raw.Tokenizer]():    8,
		reflect.TypeFor[*raw.Runtime]():      2,
	}
	counted := map[string]bool{}
	for typ, want := range counts {
		counted[typ.String()] = true
		pairs := 0
		for i := range typ.NumMethod() {
			m := typ.Method(i)
			if !isCall(m.Type) {
				continue
			}
			pairs++
			name := typ.Elem().Name() + "." + m.Name
			twin, ok := typ.MethodByName(m.Name + "Async")
			if !assert.True(t, ok, "%s has no Async twin", name) {
				continue
			}
			assert.Equal(t, parameters(m.Type), parameters(twin.Type), name)
			assert.Equal(t, m.Type.IsVariadic(), twin.Type.IsVariadic(), name)
			if !assert.Equal(t, 1, twin.Type.NumOut(), name) {
				continue
			}
			future := twin.Type.Out(0)
			assert.True(t, strings.HasPrefix(future.String(), "*async.Future["), "%s returns %s", twin.Name, future)
			result, ok := future.MethodByName("Result")
			assert.True(t, ok, name)
			assert.Equal(t, m.Type.Out(0), result.Type.Out(0), name)
		}
		assert.Equal(t, want, pairs, "calls of %v", typ)
	}
	for _, name := range handlesWithFutures(t) {
		assert.True(t, counted[name], "%s has futures, and its calls are not counted here", name)
	}
	// What makes a handle of another package's is a function.
	load, loadAsync := reflect.TypeOf(vllm.Load), reflect.TypeOf(vllm.LoadAsync)
	assert.Equal(t, parameters(load), parameters(loadAsync))
	assert.Equal(t, reflect.TypeFor[*async.Future[*vllm.Tokenizer]](), loadAsync.Out(0))
}

// handlesWithFutures are the types of the library that have a method which returns a future.
func handlesWithFutures(t *testing.T) (names []string) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	beside, err := filepath.Glob("*/*.go")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, file := range append(files, beside...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() || !strings.HasSuffix(f.Name.Name, "Async") {
				continue
			}
			receiver := types.ExprString(f.Recv.List[0].Type)
			name := "*" + parsed.Name.Name + "." + strings.TrimPrefix(receiver, "*")
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}

// isCall reports whether a method is func(ctx, …) (T, error).
func isCall(f reflect.Type) bool {
	return f.NumIn() > 1 && f.In(1) == reflect.TypeFor[context.Context]() &&
		f.NumOut() == 2 && f.Out(1) == reflect.TypeFor[error]()
}

func parameters(f reflect.Type) (in []reflect.Type) {
	for i := 1; i < f.NumIn(); i++ {
		in = append(in, f.In(i))
	}
	return in
}
