package verify

// Report is everything that was measured.
type Report struct {
	Python     string            `json:"python"`
	Executable string            `json:"executable"`
	Source     string            `json:"source"`
	Packages   map[string]string `json:"packages"`
	Tokenizers []TokenizerReport `json:"tokenizers"`
	Pass       bool              `json:"pass"`
}

// TokenizerReport holds the three checks of one tokenizer.
type TokenizerReport struct {
	Name           string         `json:"tokenizer"`
	Class          string         `json:"class"`
	Raw            string         `json:"raw"`
	Responsiveness Responsiveness `json:"responsiveness"`
	Exactness      []Exactness    `json:"exactness"`
	Overhead       []Overhead     `json:"overhead"`
	Pass           bool           `json:"pass"`
}

// Responsiveness tells what a goroutine that wakes every millisecond saw while
// the payload was encoded.
type Responsiveness struct {
	KB        int     `json:"kb"`
	Runs      int     `json:"runs"`
	EncodeMS  float64 `json:"encode_ms"` // the median run
	Wakeups   int     `json:"wakeups"`
	GapMaxMS  float64 `json:"gap_ms_max"`
	GapP999MS float64 `json:"gap_ms_p999"`
	LimitMS   float64 `json:"limit_ms"`
	IdleMaxMS float64 `json:"idle_gap_ms_max"` // the same with nothing running
	Pass      bool    `json:"pass"`
	Error     string  `json:"error,omitempty"`
}

// Exactness compares the tokens of one size.
type Exactness struct {
	KB     int    `json:"kb"`
	Tokens int    `json:"tokens"` // of the plain Python call
	Sync   int    `json:"sync"`
	Async  int    `json:"async"`
	Differ string `json:"differ,omitempty"` // where the first difference is
	Pass   bool   `json:"pass"`
	Error  string `json:"error,omitempty"`
}

// Overhead compares the times of one size; all are medians of alternated runs.
type Overhead struct {
	KB          int     `json:"kb"`
	Runs        int     `json:"runs"`
	ReferenceUS float64 `json:"reference_us"`
	SyncUS      float64 `json:"sync_us"`
	AsyncUS     float64 `json:"async_us"`
	Sync        float64 `json:"sync_overhead"`  // 0.05 is 5 % above the reference
	Async       float64 `json:"async_overhead"` //
	Limit       float64 `json:"limit"`
	Pass        bool    `json:"pass"`
	Error       string  `json:"error,omitempty"`
}
