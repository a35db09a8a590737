package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// promptFlags say what the input of encode and count is.
type promptFlags struct {
	user     bool
	request  string // the family of a request in JSON
	families map[string]*bool
	bos, eos bool
	media    mediaFlags
	limit    limitFlag
}

// families are the requests that can be given in JSON, by their flags.
var families = []struct{ name, class string }{
	{"chat", "ChatCompletionRequest"},
	{"instruct", "InstructRequest"},
	{"fim", "FIMRequest"},
	{"transcription", "TranscriptionRequest"},
	{"speech", "SpeechRequest"},
}

// openAI is the flag of a chat as OpenAI's clients write it.
const openAI = "openai"

func (f *promptFlags) add(cmd *cobra.Command) {
	p := cmd.Flags()
	f.families = map[string]*bool{}
	for _, family := range families {
		article := "a "
		if family.name == "instruct" {
			article = "an "
		}
		f.families[family.name] = p.Bool(family.name, false, "the input is the JSON of "+article+family.class)
	}
	f.families[openAI] = p.Bool(openAI, false, "the input is the body of OpenAI's chat completions, as clients send it")
	p.BoolVar(&f.user, "user", false, "the input is the message of a user, in a chat of its own")
	p.BoolVar(&f.bos, "bos", false, "begin a text with the id of begin of sequence")
	p.BoolVar(&f.eos, "eos", false, "end a text with the id of end of sequence")
	f.media.add(cmd)
	f.limit.add(cmd)
}

func (f *promptFlags) check() error {
	given := []string{}
	for _, family := range families {
		if *f.families[family.name] {
			f.request = family.name
			given = append(given, "--"+family.name)
		}
	}
	if *f.families[openAI] {
		f.request = openAI
		given = append(given, "--"+openAI)
	}
	if f.user {
		given = append(given, "--user")
	}
	switch {
	case len(given) > 1:
		return usageError{fmt.Errorf("%s exclude each other: the input is one request or one message", strings.Join(given, " and "))}
	case len(given) == 1 && (f.bos || f.eos):
		return usageError{errors.New("--bos and --eos are for plain text: a request has them where the reference puts them")}
	}
	return errors.Join(f.media.check(f.user, f.request), f.limit.check(f.request))
}

// encode returns the tokens of the input.
func (f *promptFlags) encode(ctx context.Context, tok *bridge.Tokenizer, input string) ([]int32, error) {
	if !f.user && f.request == "" {
		return tok.EncodeText(ctx, input, f.bos, f.eos)
	}
	done, err := f.encodeRequest(ctx, tok, input)
	if err != nil {
		return nil, err
	}
	return done.Tokens, nil
}

// encodeRequest encodes what is no plain text.
func (f *promptFlags) encodeRequest(
	ctx context.Context, tok *bridge.Tokenizer, input string, more ...bridge.EncodeOption,
) (done *bridge.Tokenized, err error) {
	text := []byte(input)
	opts := append(more, bridge.WithoutMedia())
	switch f.request {
	case "chat":
		done, err = tok.EncodeChatJSON(ctx, text, append(f.limit.options(tok), more...)...)
	case openAI:
		done, err = tok.EncodeOpenAI(ctx, text, append(f.limit.options(tok), more...)...)
	case "instruct":
		done, err = tok.EncodeInstructJSON(ctx, text, opts...)
	case "fim":
		done, err = tok.EncodeFIMJSON(ctx, text)
	case "transcription":
		if text, err = f.media.withAudio(text, "audio"); err == nil {
			done, err = tok.EncodeTranscriptionJSON(ctx, text, opts...)
		}
	case "speech":
		if text, err = f.media.withAudio(text, "ref_audio"); err == nil {
			done, err = tok.EncodeSpeechRequestJSON(ctx, text, opts...)
		}
	default: // the message of a user
		var req *mistral.ChatCompletionRequest
		if req, err = f.media.userRequest(input); err == nil {
			done, err = tok.EncodeChat(ctx, req, opts...)
		}
	}
	return done, f.explain(err)
}

func (f *promptFlags) count(ctx context.Context, tok *bridge.Tokenizer, input string) (int, error) {
	switch {
	case f.request == openAI:
		n, err := tok.CountOpenAI(ctx, []byte(input), f.limit.options(tok)...)
		return n, f.explain(err)
	case f.request == "chat":
		n, err := tok.CountJSON(ctx, []byte(input), f.limit.options(tok)...)
		return n, f.explain(err)
	case f.user || f.request != "":
		ids, err := f.encode(ctx, tok, input)
		return len(ids), err
	}
	return tok.CountText(ctx, input, f.bos, f.eos)
}

// explain adds what to do where the reference's words do not say it.
func (f *promptFlags) explain(err error) error {
	var py *bridge.PyError
	var input *mistral.InputError
	if f.request != "" && (errors.As(err, &py) && py.IsA("json.decoder.JSONDecodeError") || errors.As(err, &input)) {
		err = worded{err, strings.TrimPrefix(strings.TrimPrefix(err.Error(), "bridge: "), "kwargs: ")} // the input is all of them
		return hinted{err, fmt.Sprintf("--%s wants JSON such as %s, or a file of it as @FILE; for a plain text leave --%[1]s out, for one message use --user", f.request, samples[f.request])}
	}
	return err
}

// samples are the smallest requests.
var samples = map[string]string{
	"chat":          `{"messages": [{"role": "user", "content": "Hello"}]}`,
	openAI:          `{"model": "…", "messages": [{"role": "user", "content": "Hello"}]}`,
	"instruct":      `{"messages": [{"role": "user", "content": "Hello"}]}`,
	"fim":           `{"prompt": "def f(", "suffix": "return a"}`,
	"transcription": `{"audio": "…base64…"}, or {} with --audio FILE`,
	"speech":        `{"input": "Hello", "voice": "…"}`,
}

// hinted is an error and the way out.
type hinted struct {
	error
	hint string
}

func (h hinted) Error() string { return h.error.Error() + "\n" + h.hint }
func (h hinted) Unwrap() error { return h.error }
