package bridge

// Tokenized equals mistral_common's Tokenized.
type Tokenized struct {
	Tokens    []int32
	PrefixIDs []int32 // of a last assistant message with prefix; nil otherwise
	Text      string  // the debug text; only with WithText
	Images    []Image // what the model gets of the request's images
	Audios    []Audio // what the model gets of the request's audio
	Warnings  []Warning
}

// Image is a preprocessed image: float32, channels × height × width, row-major.
type Image struct {
	Shape  [3]int // channels, height, width
	Pixels []float32
}

// Audio is a decoded audio: float32 samples, one channel.
type Audio struct {
	Samples      []float32
	SamplingRate int // per second
	Format       string
}

func (t *Tokenized) setWarnings(w []Warning) { t.Warnings = w }
