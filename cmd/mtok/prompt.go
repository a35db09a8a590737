package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// promptFlags say what the input of encode and count is.
type promptFlags struct{ chat, user, bos, eos bool }

func (f *promptFlags) add(cmd *cobra.Command) {
	p := cmd.Flags()
	p.BoolVar(&f.chat, "chat", false, "the input is the JSON of a ChatCompletionRequest")
	p.BoolVar(&f.user, "user", false, "the input is the message of a user, in a chat of its own")
	p.BoolVar(&f.bos, "bos", false, "begin a text with the id of begin of sequence")
	p.BoolVar(&f.eos, "eos", false, "end a text with the id of end of sequence")
}

func (f *promptFlags) check() error {
	switch {
	case f.chat && f.user:
		return usageError{errors.New("--chat and --user exclude each other: the input is a whole request or one message")}
	case (f.chat || f.user) && (f.bos || f.eos):
		return usageError{errors.New("--bos and --eos are for plain text: a chat has them where the reference puts them")}
	}
	return nil
}

// request is a chat with the input as its only message.
func userRequest(input string) *bridge.ChatCompletionRequest {
	return &bridge.ChatCompletionRequest{Messages: []bridge.Message{bridge.UserMessage{Content: bridge.Text(input)}}}
}

func (f *promptFlags) encode(ctx context.Context, tok *bridge.Tokenizer, input string) ([]int32, error) {
	var done *bridge.Tokenized
	var err error
	switch {
	case f.chat:
		done, err = tok.EncodeChatJSON(ctx, []byte(input), bridge.WithoutMedia())
	case f.user:
		done, err = tok.EncodeChat(ctx, userRequest(input))
	default:
		return tok.EncodeText(ctx, input, f.bos, f.eos)
	}
	if err != nil {
		return nil, f.explain(err)
	}
	return done.Tokens, nil
}

func (f *promptFlags) count(ctx context.Context, tok *bridge.Tokenizer, input string) (int, error) {
	switch {
	case f.chat:
		n, err := tok.CountJSON(ctx, []byte(input))
		return n, f.explain(err)
	case f.user:
		return tok.Count(ctx, userRequest(input))
	}
	return tok.CountText(ctx, input, f.bos, f.eos)
}

// explain adds what to do where the reference's words do not say it.
func (f *promptFlags) explain(err error) error {
	var py *bridge.PyError
	if f.chat && errors.As(err, &py) && py.IsA("json.decoder.JSONDecodeError") {
		return hinted{err, `--chat wants JSON such as {"messages": [{"role": "user", "content": "Hello"}]}; for a plain text leave --chat out, for one message use --user`}
	}
	return err
}

// hinted is an error and the way out.
type hinted struct {
	error
	hint string
}

func (h hinted) Error() string { return h.error.Error() + "\n" + h.hint }
func (h hinted) Unwrap() error { return h.error }
