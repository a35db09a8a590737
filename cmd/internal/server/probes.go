package server

import (
	"encoding/json"
	"net/http"
)

// health answers as vLLM does: 200 without a body once the models are loaded. It only
// reads memory; nothing that tokenizes can keep it waiting.
func (s *Server) health(x *exchange) {
	if !s.engine.Loaded() {
		x.empty(http.StatusServiceUnavailable)
		return
	}
	x.empty(http.StatusOK)
}

// live answers as long as the process does.
func (s *Server) live(x *exchange) { x.json(http.StatusOK, `{"status":"ok"}`) }

// ready says whether requests should come, and why not.
func (s *Server) ready(x *exchange) {
	err := s.engine.Ready()
	if err == nil {
		x.json(http.StatusOK, `{"status":"ok"}`)
		return
	}
	text, err := json.Marshal(map[string]string{"status": "unavailable", "reason": err.Error()})
	if err != nil {
		text = []byte(`{"status":"unavailable"}`) // strings cannot fail
	}
	x.json(http.StatusServiceUnavailable, string(text))
}

// version says which vLLM the answers are those of: the one whose own code answers, else the
// one with which they were compared.
func (s *Server) version(x *exchange) {
	version := s.o.Version
	for _, m := range s.engine.Models() {
		if v := m.VLLM(); v != nil && v.Describe().Routes {
			version = v.Describe().Version
		}
	}
	text, err := json.Marshal(map[string]string{"version": version})
	if err != nil {
		text = []byte(`{}`) // strings cannot fail
	}
	x.json(http.StatusOK, string(text))
}
