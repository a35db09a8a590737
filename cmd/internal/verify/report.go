package verify

// Report is everything that was measured.
type Report struct {
	Python     string            `json:"python"`
	Executable string            `json:"executable"`
	Source     string            `json:"source"`
	Packages   map[string]string `json:"packages"`
	Tokenizers []TokenizerReport `json:"tokenizers"`
	NoClock    bool              `json:"no_clock,omitempty"` // only exactness was checked
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

// Responsiveness records what a goroutine that wakes every millisecond saw while
// the payload was encoded.
type Responsiveness struct {
	KB        int     `json:"kb"`
	Runs      int     `json:"runs"`
	EncodeMS  float64 `json:"encode_ms"` // the median run
	Wakeups   int     `json:"wakeups"`
	GapMaxMS  float64 `json:"gap_ms_max"`
	GapP999MS float64 `json:"gap_ms_p999"`
	LimitMS   float64 `json:"limit_ms"`
	// ControlMaxMS is the longest gap with a computation in place of the call.
	ControlMaxMS float64 `json:"control_gap_ms_max"`
	Verdict
	Error string `json:"error,omitempty"`
}

// Verdict is what a check that goes by the clock came to.
type Verdict struct {
	Judged bool   `json:"judged"`
	Pass   bool   `json:"pass"`             // false if it was not judged
	Reason string `json:"reason,omitempty"` // why it was not
	Busy   bool   `json:"busy"`             // what waiting for others cost was left out
	Load   Load   `json:"load"`
}

// failed reports whether a check was judged and failed, or could not be made. One that was
// not judged has not failed.
func (v Verdict) failed() bool { return !v.Pass && v.Reason == "" }

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

// Overhead compares the times of one size; times are medians of blocks of calls
// made in turn, by the clock.
type Overhead struct {
	KB          int     `json:"kb"`
	Rounds      int     `json:"rounds"`
	ReferenceUS float64 `json:"reference_us"`
	SyncUS      float64 `json:"sync_us"`
	AsyncUS     float64 `json:"async_us"`
	Sync        float64 `json:"sync_overhead"`  // 0.05 is 5 % above the reference
	Async       float64 `json:"async_overhead"` //
	Limit       float64 `json:"limit"`
	Verdict
	Error string `json:"error,omitempty"`
}
