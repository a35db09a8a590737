package bridge

// Tokenized equals mistral_common's Tokenized.
type Tokenized struct {
	Tokens    []int32
	PrefixIDs []int32 // of a last assistant message with prefix; nil otherwise
	Text      string  // the debug text; only with WithText
	HasText   bool    // whether Text is there: the reference makes none of speech
	Images    []Image // what the model gets of the request's images
	Audios    []Audio // what the model gets of the request's audio
	Spans     []Span  // whose each token is, in order; only with WithSpans
	Warnings  []Warning
}

// Image is a preprocessed image: channels × height × width, row-major. Where the
// reference makes float64, as releases before 1.12 did, Pixels64 has them and Pixels
// is nil: nothing is rounded.
type Image struct {
	Shape    [3]int // channels, height, width
	Pixels   []float32
	Pixels64 []float64
}

// Audio is a decoded audio, one channel. Samples64 is to Samples as an Image's
// Pixels64 is to its Pixels.
type Audio struct {
	Samples      []float32
	Samples64    []float64
	SamplingRate int // per second
	Format       string
}

func (t *Tokenized) setWarnings(w []Warning) { t.Warnings = w }
