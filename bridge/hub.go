package bridge

import "github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"

// Hub says how Load may ask the Hugging Face hub; the zero value will do for a public
// model. HF_ENDPOINT, HF_HUB_OFFLINE, HF_HOME and HF_TOKEN hold as huggingface_hub
// reads them, when the interpreter starts.
type Hub struct {
	Token          string // empty: the one that the user has stored, if any
	Revision       string // branch, tag or commit; empty: main
	CacheDir       string // empty: the hub's own cache
	ForceDownload  bool   // also what the cache has
	LocalFilesOnly bool   // the cache alone, never the network
}

// WithHub allows Load to download the tokenizer of a Model that mistral_common does not
// ship; without it nothing is downloaded. What the hub's local cache has is taken from
// there. With a Revision, or one of the two bools, the hub is asked for shipped ones
// too. The download is huggingface_hub's and holds up the interpreter while it lasts: a
// few MB, so load before serving. With WithOffline the cache is all there is.
// Errors: *DownloadError, with huggingface_hub's own in Cause; *OfflineError.
// Equals MistralTokenizer.from_hf_hub.
func WithHub(h Hub) LoadOption { return func(r *loadRequest) { r.hub = &h } }

func (h *Hub) encode(e *jsonenc.Encoder) {
	e.Open('{')
	for _, part := range []struct{ name, value string }{
		{"token", h.Token}, {"revision", h.Revision}, {"cache_dir", h.CacheDir},
	} {
		if part.value != "" {
			e.OptString(part.name, &part.value)
		}
	}
	e.OptBool("force_download", &h.ForceDownload)
	e.OptBool("local_files_only", &h.LocalFilesOnly)
	e.Close('}')
}
