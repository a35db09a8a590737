package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/media"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The reference fetches the URLs of images and audio that a request names, with
// redirects and without limits, and opens file: URLs and paths. Here nothing is
// fetched or opened unless it is asked for, and never by Python: a request that names
// something fails with *MediaDeniedError. data: URLs and base64 always pass.

// WithFetcher lets requests name images and audio by http and https URLs: f gets
// them, on the goroutine of the call, and the request goes on with a data: URL in
// their place. The tokens are those that the reference's own download gives. What
// fails is a *FetchError. File names are refused all the same. NewFetcher makes a
// Fetcher that is fit for requests of strangers, and that is silent under WithOffline.
func WithFetcher(f Fetcher) Option {
	return func(c *config) error {
		if jsonenc.IsNil(f) {
			return errors.New("bridge: WithFetcher: nil fetcher")
		}
		c.fetcher = f
		return nil
	}
}

// WithMaxImagePixels bounds an image by its header, before it is decoded, in pixels;
// 64 million without it. A picture of one colour is a thousand times larger in memory
// than as a file. It holds for the process.
func WithMaxImagePixels(n int64) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("bridge: WithMaxImagePixels: the limit must be above zero")
		}
		c.media.ImagePixels = &n
		return nil
	}
}

// WithMaxAudioSamples bounds an audio by its header, before it is decoded, in samples
// of all channels together; an hour at 48 kHz without it. One of a rate below 8 kHz counts
// as if it had that rate: the model's is higher, and it is resampled. It holds for the process.
func WithMaxAudioSamples(n int64) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("bridge: WithMaxAudioSamples: the limit must be above zero")
		}
		c.media.AudioSamples = &n
		return nil
	}
}

// mediaLimits are the settings that were given; what is nil keeps pyshim's default.
type mediaLimits struct {
	ImagePixels  *int64 `json:"max_image_pixels,omitempty"`
	AudioSamples *int64 `json:"max_audio_samples,omitempty"`
}

func (m mediaLimits) frame() ([]byte, error) {
	body, err := json.Marshal(m)
	return wire.Frame(runtimeHeader(wire.OpMediaPolicy), body), err
}

// apply gives the settings to a new interpreter.
func (m mediaLimits) apply(ctx context.Context, exec *executor.Executor) error {
	frame, err := m.frame()
	if err != nil {
		return err
	}
	r, err := exec.NewClient().Do(ctx, job.Job{Frame: frame})
	if err != nil {
		return err
	}
	return replyError("media_policy", &r)
}

// compatible reports whether a later Open asks for nothing that the first did not.
func (m mediaLimits) compatible(later mediaLimits) bool {
	return same(m.ImagePixels, later.ImagePixels) && same(m.AudioSamples, later.AudioSamples)
}

func (m mediaLimits) String() string {
	text, _ := json.Marshal(m)
	return fmt.Sprintf("media limits %s", text)
}

// mayFetch reports whether a call may have to wait for the network before Python.
func mayFetch[T any](rt *Runtime, c call[T]) bool {
	return rt.fetcher != nil && (c.media || wire.OpOf(c.frame).Of().Media) && media.MayName(c.frame[wire.RequestHeaderSize+c.skip:])
}

// fetch puts what the frame's request names inside it. The request is all of the body but
// its first bytes, which are to be skipped.
func fetch(ctx context.Context, rt *Runtime, frame []byte, skip int) ([]byte, error) {
	at := wire.RequestHeaderSize + skip
	body := frame[at:]
	again, err := fetched(ctx, rt, body)
	if err != nil || len(again) == len(body) && (len(body) == 0 || &again[0] == &body[0]) {
		return frame, err
	}
	return wire.Seal(slices.Concat(frame[:at], again)), nil
}
