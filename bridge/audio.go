package bridge

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// AudioOptions say how an audio file is read.
type AudioOptions struct {
	Lenient bool // strict=False: more than one channel is mixed down
	Rate    int  // samples a second to resample to; 0: as they are
}

// DecodeAudio reads an audio file: mono float32 samples. Equals Audio.from_base64 and
// resample. Errors: *PyError of what is no audio, *MediaTooLargeError.
func (rt *Runtime) DecodeAudio(ctx context.Context, file []byte, o AudioOptions) (*Audio, error) {
	return do(ctx, rt, decodeAudioCall(file, o))
}

// DecodeAudioAsync is DecodeAudio as a future.
func (rt *Runtime) DecodeAudioAsync(ctx context.Context, file []byte, o AudioOptions) *async.Future[*Audio] {
	return start(ctx, rt, decodeAudioCall(file, o))
}

// ConvertAudio reads an audio file and writes it in a format: wav, flac, ogg, mp3; or,
// if format is empty, its own. Equals Audio.from_base64, resample and to_base64.
func (rt *Runtime) ConvertAudio(ctx context.Context, file []byte, format string, o AudioOptions) ([]byte, error) {
	return do(ctx, rt, convertAudioCall(file, format, o))
}

// ConvertAudioAsync is ConvertAudio as a future.
func (rt *Runtime) ConvertAudioAsync(ctx context.Context, file []byte, format string, o AudioOptions) *async.Future[[]byte] {
	return start(ctx, rt, convertAudioCall(file, format, o))
}

func decodeAudioCall(file []byte, o AudioOptions) call[*Audio] {
	return reading(audioCall("decode", file, "", o), func(r *wire.Reply) (*Audio, error) {
		s, err := value[audioPart](r)
		if err != nil {
			return nil, err
		}
		audio, err := s.audio(r.Bufs)
		return &audio, err
	})
}

func convertAudioCall(file []byte, format string, o AudioOptions) call[[]byte] {
	return reading(audioCall("convert", file, format, o), value[[]byte])
}

func audioCall(method string, file []byte, format string, o AudioOptions) call[json.RawMessage] {
	text := base64.StdEncoding.EncodeToString(file)
	strict, rate := !o.Lenient, int64(o.Rate)
	e := &jsonenc.Encoder{}
	e.Open('{')
	e.OptString("m", &method)
	e.OptString("audio", &text)
	e.OptBool("strict", &strict)
	if rate != 0 {
		e.OptInt("rate", &rate)
	}
	if format != "" {
		e.OptString("format", &format)
	}
	e.Close('}')
	return argumentsCall(runtimeHeader(wire.OpAudio), "audio_"+method, e)
}
