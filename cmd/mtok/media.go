package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// mediaFlags are files that belong to the input.
type mediaFlags struct {
	images, audios []string
	fetch          fetchFlag
}

// fetchFlag are the hosts whose URLs may be fetched.
type fetchFlag []string

func (f *fetchFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar((*[]string)(f), "fetch", nil, `hosts whose https URLs in a request are fetched, such as *.example.org; none without it`)
}

func (f fetchFlag) options() ([]bridge.Option, error) {
	if len(f) == 0 {
		return nil, nil
	}
	fetcher, err := bridge.NewFetcher(bridge.FetcherOptions{Hosts: f})
	if err != nil {
		return nil, usageError{fmt.Errorf("--fetch: %w", err)}
	}
	return []bridge.Option{bridge.WithFetcher(fetcher)}, nil
}

func (f *mediaFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.images, "image", nil, "an image file, behind the text of --user; may be repeated")
	cmd.Flags().StringArrayVar(&f.audios, "audio", nil, "an audio file, behind the text of --user, or that of --transcription or --speech")
	f.fetch.add(cmd)
}

func (f *mediaFlags) check(user bool, request string) error {
	one := request == "transcription" || request == "speech"
	switch {
	case len(f.images) > 0 && !user:
		return usageError{errors.New("--image belongs to --user; in a request, give the image as a data: URL")}
	case len(f.audios) > 0 && !user && !one:
		return usageError{errors.New("--audio belongs to --user, --transcription or --speech; in another request, give the audio in base64")}
	case len(f.audios) > 1 && one:
		return usageError{fmt.Errorf("--audio: %d files; --%s has one", len(f.audios), request)}
	}
	return errors.Join(checkFiles("--image", f.images), checkFiles("--audio", f.audios))
}

// userRequest is a chat with the input, and the files behind it, as its only message.
func (f *mediaFlags) userRequest(input string) (*mistral.ChatCompletionRequest, error) {
	content := mistral.Text(input)
	if len(f.images)+len(f.audios) > 0 {
		var chunks []mistral.Chunk
		if input != "" {
			chunks = append(chunks, mistral.TextChunk{Text: input})
		}
		for _, path := range f.images {
			text, err := readBase64("--image", path)
			if err != nil {
				return nil, err
			}
			chunks = append(chunks, mistral.ImageURLChunk{URL: "data:application/octet-stream;base64," + text})
		}
		for _, path := range f.audios {
			text, err := readBase64("--audio", path)
			if err != nil {
				return nil, err
			}
			chunks = append(chunks, mistral.AudioChunk{InputAudio: text})
		}
		content = mistral.Chunks(chunks...)
	}
	return &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: content}}}, nil
}

// withAudio adds the file, if there is one, to a request.
func (f *mediaFlags) withAudio(request []byte, key string) ([]byte, error) {
	if len(f.audios) == 0 {
		return request, nil
	}
	members, err := pyjson.Object(request)
	if err != nil {
		return request, nil //nolint:nilerr // the reference says what is wrong with it
	}
	text, err := readBase64("--audio", f.audios[0])
	if err != nil {
		return nil, err
	}
	out := fmt.Appendf(nil, "{%q:%q", key, text)
	for _, m := range members {
		if m.Key == key {
			return nil, usageError{fmt.Errorf("--audio: the request has %q already", key)}
		}
		name, err := json.Marshal(m.Key)
		if err != nil {
			return nil, err
		}
		out = fmt.Appendf(out, ",%s:%s", name, m.Value)
	}
	return append(out, '}'), nil
}

// checkFiles finds what cannot be read before any Python is started.
func checkFiles(flag string, paths []string) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return usageError{fmt.Errorf("%s: %w", flag, err)}
		}
		_ = f.Close() // it was only read
	}
	return nil
}

func readBase64(flag, path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return base64.StdEncoding.EncodeToString(data), nil
}
