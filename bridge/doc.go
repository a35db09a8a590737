// Package bridge gives Go programs the tokens of the real mistral_common: it
// embeds CPython, keeps every call that holds the GIL on one OS thread, and hands
// out futures, so that no goroutine ever stalls.
//
//	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
//	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken"))
//	out, err := tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{
//		Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("Hello")}},
//	})
//	fmt.Println(out.Tokens)
//
// # Which call
//
//   - One request, whose tokens are needed now: [Tokenizer.EncodeChat] and its like.
//   - Several at once, or other work meanwhile: the Async twin of each, and package async.
//   - Thousands of texts or chats: [Tokenizer.EncodeTexts], [Tokenizer.EncodeChats].
//   - More than one core, or a crash that must not reach this process: [Open] with [WithWorkers].
//   - A request that is JSON already: [Tokenizer.EncodeChatJSON]; the body of an OpenAI client: [Tokenizer.EncodeOpenAI].
//   - Only the number of tokens: [Tokenizer.Count], which does not transfer the ids.
//   - Tokens of a running model back to text: [Tokenizer.NewDetokenizer], never half a character.
//
// # Exactness
//
// A request is written as the reference's own JSON and read there by json.loads
// and model_validate; what comes back is what the reference returned. Nothing
// about a token is decided on this side. Where a type here cannot hold what you
// want to say, the JSON methods take it byte for byte.
//
// # Packages beside this one
//
//   - mistral: the requests, messages, chunks and tools; it needs neither cgo nor Python
//   - bundled: a CPython that the program carries
//   - client: the same calls on a server, mtok serve, where there is no Python
//   - vllm: vLLM's own tokenizer and its chat template, where vLLM is installed
//   - refserver: the answers of the reference's HTTP servers, for a server of yours
//   - raw: access to single Python methods, and the calls that measure the reference
//
// # Concurrency
//
// One process has one interpreter, and calls run in it one after another: more
// goroutines do not make it faster. [WithWorkers] runs as many interpreters as you like,
// each in a process of its own. Any number of goroutines may call; a call waits in a
// bounded queue, and its context governs it: if it ends before the call's turn, the call
// never runs; if it ends while the call runs, the caller returns at once. Every method that calls Python has an Async twin that
// returns an async.Future and costs no goroutine.
//
// # Errors
//
// What Python raises arrives as *PyError with the reference's own class and text;
// errors.Is(err, ErrInvalidRequest) reports whether the input was at fault. Everything
// else is one of the errors below, or a *mistral.InputError, and names the way out.
package bridge
