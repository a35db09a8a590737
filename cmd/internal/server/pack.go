package server

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// addPacking makes what packs answers, with zstd or gzip, as the caller accepts. It is
// the fast kind: token ids shrink to a third whatever is tried.
func (s *Server) addPacking() error {
	var err error
	s.pack, err = gzhttp.NewWrapper(
		gzhttp.MinSize(max(s.o.CompressMin, 0)), gzhttp.CompressionLevel(gzip.BestSpeed),
		gzhttp.EnableZstd(true), gzhttp.PreferZstd(true),
	)
	return err
}

// compressed packs the answers of a handler that is not ours.
func (s *Server) compressed(h http.Handler) http.Handler {
	if s.o.CompressMin < 0 {
		return h
	}
	return s.pack(h)
}
