package bridge

// The exceptions of mistral_common.exceptions, each under the name that it has there,
// for errors.As:
//
//	var bad *bridge.InvalidToolSchemaException
//	if errors.As(err, &bad) { … bad.Message … }
//
// They are views of a *PyError, which errors.As finds too. An exception is also of the
// types of its bases.
//
//nolint:errname // the reference's own names
type (
	// MistralCommonException is the base of all the others.
	MistralCommonException struct{ *PyError }
	// ImageDecodeException is a download that is no image.
	ImageDecodeException struct{ *PyError }
	// TokenizerException is an unknown file, version or model, or what this version of
	// tokenizer cannot encode.
	TokenizerException struct{ *PyError }
	// UnsupportedTokenizerFeatureException is a request that the tokenizer has no encoder,
	// marker or voice for.
	UnsupportedTokenizerFeatureException struct{ *PyError }
	// InvalidRequestException is a request with settings, modes or choices that do not go
	// together.
	InvalidRequestException struct{ *PyError }
	// InvalidSystemPromptException is a system prompt with what it may not have.
	InvalidSystemPromptException struct{ *PyError }
	// InvalidMessageStructureException is a wrong order of messages, or calls and results
	// that do not match.
	InvalidMessageStructureException struct{ *PyError }
	// InvalidAssistantMessageException is an assistant message without or with the wrong
	// content.
	InvalidAssistantMessageException struct{ *PyError }
	// InvalidToolMessageException is a tool message with the wrong content.
	InvalidToolMessageException struct{ *PyError }
	// InvalidToolSchemaException is a tool whose parameters are no Draft 7 schema.
	InvalidToolSchemaException struct{ *PyError }
	// InvalidUserMessageException is a user message with the wrong content.
	InvalidUserMessageException struct{ *PyError }
	// InvalidFunctionCallException is a tool call with a wrong name or id.
	InvalidFunctionCallException struct{ *PyError }
	// InvalidToolException is a tool with a wrong name.
	InvalidToolException struct{ *PyError }
)

// What the bridge's own Python side refuses, for errors.As.
type (
	// MediaDeniedError is a request that names a URL or a path. Send a data: URL, or open
	// with WithFetcher.
	MediaDeniedError struct{ *PyError }
	// MediaTooLargeError is an image with more pixels, by its header, than
	// WithMaxImagePixels allows, or an audio with more samples than WithMaxAudioSamples.
	MediaTooLargeError struct{ *PyError }
	// UnknownTokenizerError is a name or a model that mistral_common ships no tokenizer
	// for, and WithHub was not given.
	UnknownTokenizerError struct{ *PyError }
	// DownloadError is a tokenizer that the hub did not give, with WithHub. Cause is what
	// huggingface_hub said.
	DownloadError struct{ *PyError }
)

// As makes errors.As find the types above.
func (e *PyError) As(target any) bool {
	switch t := target.(type) {
	case **PyError:
		*t = e // of a view
		return true
	case **MistralCommonException:
		return view(e, t, "mistral_common.exceptions.MistralCommonException")
	case **ImageDecodeException:
		return view(e, t, "mistral_common.exceptions.ImageDecodeException")
	case **TokenizerException:
		return view(e, t, "mistral_common.exceptions.TokenizerException")
	case **UnsupportedTokenizerFeatureException:
		return view(e, t, "mistral_common.exceptions.UnsupportedTokenizerFeatureException")
	case **InvalidRequestException:
		return view(e, t, "mistral_common.exceptions.InvalidRequestException")
	case **InvalidSystemPromptException:
		return view(e, t, "mistral_common.exceptions.InvalidSystemPromptException")
	case **InvalidMessageStructureException:
		return view(e, t, "mistral_common.exceptions.InvalidMessageStructureException")
	case **InvalidAssistantMessageException:
		return view(e, t, "mistral_common.exceptions.InvalidAssistantMessageException")
	case **InvalidToolMessageException:
		return view(e, t, "mistral_common.exceptions.InvalidToolMessageException")
	case **InvalidToolSchemaException:
		return view(e, t, "mistral_common.exceptions.InvalidToolSchemaException")
	case **InvalidUserMessageException:
		return view(e, t, "mistral_common.exceptions.InvalidUserMessageException")
	case **InvalidFunctionCallException:
		return view(e, t, "mistral_common.exceptions.InvalidFunctionCallException")
	case **InvalidToolException:
		return view(e, t, "mistral_common.exceptions.InvalidToolException")
	case **MediaDeniedError:
		return view(e, t, "pyshim.errors.MediaDenied")
	case **MediaTooLargeError:
		return view(e, t, "pyshim.errors.MediaTooLarge")
	case **UnknownTokenizerError:
		return view(e, t, "pyshim.errors.UnknownTokenizer")
	case **OfflineError:
		if !e.IsA("pyshim.errors.Offline") || len(e.Args) != 2 {
			return false
		}
		*t = &OfflineError{What: e.Args[0], Way: e.Args[1], Err: e}
		return true
	case **DownloadError:
		return view(e, t, "pyshim.errors.DownloadFailed")
	}
	return false
}

func view[T ~struct{ *PyError }](e *PyError, target **T, class string) bool {
	if !e.IsA(class) {
		return false
	}
	*target = &T{e}
	return true
}
