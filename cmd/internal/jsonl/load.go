package jsonl

import (
	"context"
	"os"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

// load waits, so that a request behind it can use its handle; nothing is lost,
// since Python has one thread and is busy with it.
func (s *Server) load(ctx context.Context, r *request) future {
	src, mode, err := loadArgs(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return s.loadedAs(s.rt.Load(ctx, src, bridge.WithMode(bridge.Mode(mode))))
}

func loadArgs(r *request) (src bridge.Source, mode string, err error) {
	if err := r.only("path", "name", "model", "mode"); err != nil {
		return src, "", err
	}
	if mode, err = r.str("mode"); err != nil {
		return src, "", err
	}
	given := 0
	for key, source := range map[string]func(string) bridge.Source{"path": path, "name": bridge.Shipped, "model": bridge.Model} {
		value, err := r.str(key)
		if err != nil {
			return src, "", err
		}
		if r.arg(key) != nil {
			given++
			src = source(value)
		}
	}
	if given != 1 {
		return src, "", badArguments(`load needs one of "path", "name" and "model"`)
	}
	return src, mode, nil
}

func path(p string) bridge.Source {
	if info, err := os.Stat(p); err == nil && info.IsDir() {
		return bridge.ModelDir(p)
	}
	return bridge.File(p)
}

func (s *Server) loadRaw(ctx context.Context, r *request) future {
	if err := r.only("path"); err != nil {
		return async.Failed[[]byte](err)
	}
	p, err := r.str("path")
	if err == nil && p == "" {
		err = badArguments(`load_raw needs "path"`)
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return s.loadedAs(s.rt.LoadRaw(ctx, p))
}

func (s *Server) loadedAs(t *bridge.Tokenizer, err error) future {
	if err != nil {
		return async.Failed[[]byte](err)
	}
	h := "h" + strconv.Itoa(s.loaded)
	s.loaded++
	s.tokenizers[h] = t
	ok := append([]byte(`{"h":"`+h+`","desc":`), t.DescriptionJSON()...)
	return async.Ready(append(ok, '}'))
}

func (s *Server) unload(ctx context.Context, r *request) future {
	if v := s.vllms[r.h]; v != nil && len(r.args) == 0 {
		delete(s.vllms, r.h)
		if err := v.Close(ctx); err != nil {
			return async.Failed[[]byte](err)
		}
		return async.Ready([]byte("null"))
	}
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only()
	}
	if err == nil {
		delete(s.tokenizers, r.h)
		err = t.Close(ctx)
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return async.Ready([]byte("null"))
}
