package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

func ExampleTokenizer_EncodeFIM() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	suffix := "return a"
	out, err := tok.EncodeFIM(ctx, &mistral.FIMRequest{Prompt: "def f(", Suffix: &suffix}, bridge.WithText())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Text)
	// Output: <s>[SUFFIX]return▁a[PREFIX]▁def▁f(
}

func ExampleTokenizer_EncodeInstruct() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	system := "Be brief."
	out, err := tok.EncodeInstruct(ctx, &mistral.InstructRequest{
		SystemPrompt: &system,
		Messages:     []mistral.Message{mistral.UserMessage{Content: mistral.Text("Hello")}},
	}, bridge.WithText())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", out.Text)
	// Output: "<s>[INST]▁Be▁brief.<0x0A><0x0A>Hello[/INST]"
}

func ExampleTokenizer_EncodeTranscription() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	_, err := tok.EncodeTranscription(ctx, &mistral.TranscriptionRequest{Audio: mistral.AudioBase64("UklGRg==")})
	var refused *bridge.TokenizerException
	fmt.Println(errors.As(err, &refused))
	fmt.Println(refused.Message)
	// Output:
	// true
	// Transcription not available for v3
}

func ExampleRuntime_Normalize() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	normal, err := rt.Normalize(ctx, tok.Normalizer(), &mistral.ChatCompletionRequest{Messages: []mistral.Message{
		mistral.SystemMessage{Content: mistral.Text("Be brief.")},
		mistral.UserMessage{Content: mistral.Text("one")},
		mistral.UserMessage{Content: mistral.Text("two")},
	}})
	if err != nil {
		log.Fatal(err)
	}
	text, _ := normal.Messages[0].(mistral.UserMessage).Content.Text()
	fmt.Printf("%s %q\n", *normal.SystemPrompt, text)
	// Output: Be brief. "one\n\ntwo"
}

func ExampleRuntime_Validate() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	_, err := rt.Validate(ctx, tok.Validator(), &mistral.ChatCompletionRequest{
		Messages: []mistral.Message{mistral.AssistantMessage{Content: mistral.Text("Hello")}},
	})
	var structure *bridge.InvalidMessageStructureException
	if errors.As(err, &structure) {
		fmt.Println(structure.Message)
	}
	// Output: Conversation must start with a user message or system message
}

func ExampleRuntime_ChatFromOpenAI() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	req, err := rt.ChatFromOpenAI(ctx, []byte(`{"model": "m", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	n, err := tok.Count(ctx, req)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
	// Output: 4
}

func ExampleRuntime_ToOpenAI() {
	ctx := context.Background()
	rt, _ := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	text, err := rt.ToOpenAI(ctx, mistral.ImageURLChunk{URL: "data:image/png;base64,"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: {"type":"image_url","image_url":{"url":"data:image/png;base64,"}}
}

func ExampleTokenizer_Vocab() {
	ctx := context.Background()
	rt, tok := exampleTokenizer(ctx)
	defer rt.Close(ctx)

	vocab, err := tok.Vocab(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d %s %s\n", len(vocab), vocab[3], vocab[23325])
	// Output: 32768 [INST] ▁Hello
}

func ExampleWithFetcher() {
	fetcher, err := bridge.NewFetcher(bridge.FetcherOptions{Hosts: []string{"*.example.org"}, MaxBytes: 4 << 20})
	if err != nil {
		log.Fatal(err)
	}
	_, err = fetcher.Fetch(context.Background(), "https://169.254.169.254/latest")
	fmt.Println(err)
	fmt.Println(errors.Is(err, bridge.ErrFetchRefused))
	// Output:
	// not allowed: the host "169.254.169.254" is not on the list
	// true
}
