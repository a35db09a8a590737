package routes

const (
	asJSON    = "application/json"
	chat      = `{"messages": [{"role": "user", "content": "Hello, world!"}]}`
	ids       = `{"tokens": [22177, 1044, 4304, 1033]}`
	service   = "mistralbridge.v1.TokenizerService/"
	llmd      = "tokenization.TokenizationService/"
	notLoaded = "The models are being loaded. There is no body."
)

var (
	get, post = []string{"GET"}, []string{"POST"}
	read      = []string{"GET", "HEAD"}
)

// loading is the answer of a route that needs the models.
var loading = Answer{Status: 503, Types: []string{asJSON}}

// no is a parameter that is true or false.
var no = []string{"false", "true"}

const kindOfBody = "What the body is: a request in mistral_common's own JSON, the body of an OpenAI chat completion, or a text."

// model has no words: any name will do.
var model = Parameter{"model", []string{""}, "One of the names in /v1/tokenizers; without it the first."}

// encoding are the parameters of routes that encode.
func encoding(more ...Parameter) []Parameter {
	return append(more, model,
		Parameter{"max_model_input_len", nil, "What a chat with truncate_for_context_length is cut to, in tokens."},
		Parameter{"plain", no, "Without any shortcut: the reference's call as it is."},
		Parameter{"bos", no, "Of a text: begin with the id of begin of sequence."},
		Parameter{"eos", no, "Of a text: end with the id of end of sequence."})
}

// Table has all of them: first those that Python answers, each at its code less one.
var Table = []Route{
	{
		Code: 1, Name: "tokenize", Methods: post, Path: "/tokenize", Handler: "server.vllm_twin.tokenize.tokenize",
		Media: true, Tokens: "tokens", Summary: "The tokens of a text or of a chat",
		Example: `{"prompt": "Hello, world!", "return_token_strs": true}`, GRPC: []string{llmd + "Tokenize"},
	},
	{
		Code: 2, Name: "detokenize", Methods: post, Path: "/detokenize", Handler: "server.vllm_twin.tokenize.detokenize",
		Summary: "The text of tokens", Example: ids,
	},
	{
		Code: 3, Name: "tokenizer_info", Methods: get, Path: "/tokenizer_info", Handler: "server.vllm_twin.tokenize.tokenizer_info",
		Flag: "enable-tokenizer-info-endpoint", Summary: "What there is to say of the tokenizer",
	},
	{
		Code: 4, Name: "render_chat", Methods: post, Path: "/v1/chat/completions/render", Handler: "server.vllm_twin.render.render_chat",
		Media: true, Tokens: "token_ids", Summary: "A chat as an engine is given it",
		Text:    "Takes what /v1/chat/completions takes, and answers with the request that vLLM's engine would get: the tokens and the sampling parameters.",
		Example: chat, GRPC: []string{service + "Render", llmd + "RenderChatCompletion"},
	},
	{
		Code: 5, Name: "render_completion", Methods: post, Path: "/v1/completions/render", Handler: "server.vllm_twin.render.render_completion",
		Tokens: "token_ids", Summary: "A completion as an engine is given it",
		Text:    "Takes what /v1/completions takes, and answers with a list: a request for each prompt.",
		Example: `{"prompt": "Hello, world!", "max_tokens": 16}`, GRPC: []string{service + "Render", llmd + "RenderCompletion"},
	},
	{
		Code: 6, Name: "mistral_tokenize", Methods: post, Path: "/v1/tokenize/", Server: Mistral, Handler: "server.mistral.routes.tokenize",
		Media: true, InputLen: true, Summary: "The tokens of a chat", Example: chat,
	},
	{
		Code: 7, Name: "mistral_detokenize", Methods: post, Path: "/v1/detokenize/", Server: Mistral, Handler: "server.mistral.routes.detokenize",
		Summary: "The assistant's message that tokens are", Example: `[22177, 2]`,
	},
	{
		Code: 8, Name: "mistral_detokenize_string", Methods: post, Path: "/v1/detokenize/string", Server: Mistral,
		Handler: "server.mistral.routes.detokenize_string", Summary: "The text of tokens", Example: ids,
	},
	{
		Code: 9, Name: "render_messages", Methods: post, Path: "/v1/messages/render", Handler: "server.vllm_twin.absent.render_messages",
		NeedsVLLM: true, Tokens: "token_ids", Summary: "A chat in Anthropic's form as an engine is given it",
		Text:    "Takes what /v1/messages takes.",
		Example: `{"model": "", "max_tokens": 16, "messages": [{"role": "user", "content": "Hello, world!"}]}`,
	},
	{
		Code: 10, Name: "render_responses", Methods: post, Path: "/v1/responses/render", Handler: "server.vllm_twin.absent.render_responses",
		NeedsVLLM: true, Tokens: "token_ids", Summary: "A request of the Responses API as an engine is given it",
		Text:    "Takes what /v1/responses takes.",
		Example: `{"input": "Hello, world!"}`,
	},
	{
		Code: 11, Name: "derender_chat", Methods: post, Path: "/v1/chat/completions/derender", Handler: "server.vllm_twin.absent.derender_chat",
		NeedsVLLM: true, Summary: "An engine's answer to a chat as its caller is given it",
		Text:    "Takes tokens that an engine has made, whole or as they come, and answers with a chat completion.",
		Example: `{"generate_response": {"request_id": "a", "choices": [{"index": 0, "token_ids": [22177, 2], "finish_reason": "stop"}]}}`,
	},
	{
		Code: 12, Name: "derender_completion", Methods: post, Path: "/v1/completions/derender", Handler: "server.vllm_twin.absent.derender_completion",
		NeedsVLLM: true, Summary: "An engine's answer to a completion as its caller is given it",
		Text:    "Takes tokens that an engine has made, whole or as they come, and answers with a completion.",
		Example: `{"generate_responses": [{"request_id": "a", "choices": [{"index": 0, "token_ids": [22177, 2], "finish_reason": "stop"}]}]}`,
	},
	{
		Name: "count", Methods: post, Path: "/v1/chat/completions/count", Server: Bridge, Request: "ChatBody",
		Summary: "How many tokens a chat has", Example: chat,
		Text:    "Takes what /v1/chat/completions takes. What changes no token is ignored; what would change them and cannot be honoured is refused.",
		Answers: []Answer{{200, "Their number.", []string{asJSON}, "Count"}}, GRPC: []string{service + "Count"},
	},
	{
		Name: "spans", Methods: post, Path: "/v1/chat/completions/spans", Server: Bridge, Request: "ChatBody",
		Summary: "The tokens of a chat, and whose each is", Example: chat,
		Text:    "Takes what /v1/chat/completions takes. The spans follow each other and cover all tokens.",
		Answers: []Answer{{200, "The tokens and their spans.", []string{asJSON}, "Spans"}}, GRPC: []string{service + "Spans"},
	},
	{
		Name: "offsets", Methods: post, Path: "/v1/offsets", Server: Bridge, Request: "TextBody",
		Summary: "The tokens of a text, and where in it each stands", Example: `{"text": "Hello, world!"}`,
		Text:    "Without begin and end of sequence. Offsets are bytes of the text in UTF-8, from the first to before the second.",
		Answers: []Answer{{200, "The tokens and their offsets.", []string{asJSON}, "Offsets"}}, GRPC: []string{service + "Offsets"},
	},
	{
		Name: "encode", Methods: post, Path: "/v1/encode", Server: Library, Request: "RequestOrText",
		Summary: "The tokens of a request or a text, with all that the reference gives", Example: chat, Query: encoding(
			Parameter{"of", []string{"chat", "openai", "instruct", "fim", "transcription", "speech", "text"}, kindOfBody},
			Parameter{"text", no, "The answer has the debug text, which costs time."},
			Parameter{"spans", no, "The answer says whose each token is."},
			Parameter{"media", no, "The answer has the arrays that the model gets of images and audio."}),
		Text:    "The body is passed on byte for byte, whatever its content type.",
		Answers: []Answer{{200, "The answer.", []string{asJSON}, "Tokenized"}},
	},
	{
		Name: "count_tokens", Methods: post, Path: "/v1/count", Server: Library, Request: "RequestOrText",
		Summary: "How many tokens a chat or a text has", Example: chat,
		Query:   encoding(Parameter{"of", []string{"chat", "openai", "text"}, kindOfBody}),
		Text:    "The number of the tokens of /v1/encode.",
		Answers: []Answer{{200, "Their number.", []string{asJSON}, "Counted"}},
	},
	{
		Name: "decode", Methods: post, Path: "/v1/decode", Server: Library, Request: "IDs",
		Summary: "The text of tokens", Example: `[22177, 1044, 4304, 1033]`,
		Query:   []Parameter{model, {"policy", []string{"ignore", "keep", "raise"}, "What becomes of special tokens."}},
		Text:    "An id that the vocabulary does not have is refused.",
		Answers: []Answer{{200, "The text.", []string{asJSON}, "Decoded"}},
	},
	{
		Name: "text_stream", Methods: post, Path: "/v1/detokenize/stream", Server: Library, Request: "IDLines",
		Summary: "The text of tokens as they come", Example: `[22177, 1044, 4304, 1033]`,
		Query: []Parameter{
			model, {"policy", []string{"ignore", "keep", "raise"}, "What becomes of special tokens."},
			{"events", no, "The answers mark special tokens."},
		},
		Text: "Each line of the body is an id or a list of ids, and is answered with a line as soon as it is there: the text that is whole with it. " +
			"The last line has what is left, and says done. An answer without it is not whole: a line with an error ends it, and it is broken off.",
		Answers: []Answer{{Status: 200, Text: "Lines of JSON.", Types: []string{"application/x-ndjson"}}}, GRPC: []string{service + "DetokenizeStream"},
	},
	{
		Name: "tokenizers", Methods: get, Path: "/v1/tokenizers", Server: Library,
		Summary: "The models, and the versions that decide the tokens",
		Answers: []Answer{
			{200, "What the reference says about each tokenizer.", []string{asJSON}, "TokenizerList"},
			{503, "The models are being loaded.", []string{asJSON}, "Failure"},
		},
	},
	{
		Name: "models", Methods: get, Path: "/v1/models", Summary: "The names that requests may use",
		Answers: []Answer{{200, "A card for each name.", []string{asJSON}, "ModelList"}, loading}, GRPC: []string{service + "ListModels"},
	},
	{
		Name: "version", Methods: get, Path: "/version", Summary: "The vLLM whose answers these are",
		Answers: []Answer{{200, "Its version.", []string{asJSON}, "Version"}},
	},
	{
		Name: "health", Methods: get, Path: "/health", Probe: true, Keyless: true, Summary: "Whether the server answers",
		Answers: []Answer{{Status: 200, Text: "It does. There is no body."}, {Status: 503, Text: notLoaded}},
	},
	{
		Name: "ping", Methods: []string{"GET", "POST"}, Path: "/ping", Probe: true, Keyless: true, Summary: "The same as /health",
		Answers: []Answer{{Status: 200, Text: "It does. There is no body."}, {Status: 503, Text: notLoaded}},
	},
	{
		Name: "livez", Methods: read, Path: "/livez", Server: Own, Probe: true, Keyless: true, Summary: "Whether the process lives",
		Answers: []Answer{{200, "It does.", []string{asJSON}, "Status"}},
	},
	{
		Name: "readyz", Methods: read, Path: "/readyz", Server: Own, Probe: true, Keyless: true, Summary: "Whether requests should come",
		Answers: []Answer{
			{200, "They should.", []string{asJSON}, "Status"},
			{503, "They should not: the models are being loaded, the server is shutting down, or Python does not start.", []string{asJSON}, "Status"},
		},
		GRPC: []string{"grpc.health.v1.Health/Check"},
	},
	{
		Name: "metrics", Methods: read, Path: "/metrics", Server: Own, Probe: true, Summary: "Metrics for Prometheus",
		Answers: []Answer{{Status: 200, Text: "The metrics.", Types: []string{"text/plain", "application/openmetrics-text"}}},
	},
	{
		Name: "openapi", Methods: read, Path: "/openapi.json", Server: Own, Summary: "This document",
		Answers: []Answer{{Status: 200, Text: "The document.", Types: []string{asJSON}}, loading},
	},
	{
		Name: "page", Methods: read, Path: "/", Server: Own, Summary: "A page that shows the tokens of a text in colour",
		Answers: []Answer{{Status: 200, Text: "The page.", Types: []string{"text/html"}}},
	},
}
