package wire

// Operation is what is known of an operation. Whatever asks such a question reads it here: scheduling, the control queue,
// the guard of signal handlers, media, and the Python side, of which pyshim/wire/ops.py is generated
// (go generate ./bridge/internal/wire).
type Operation struct {
	Op      Op
	Name    string  // in Python's Op, in lower case
	Handler string  // the function below pyshim that serves it
	Line    string  // its row in docs/protocol.md, empty where there is none
	Short   bool    // takes about as long as its size says: others may wait behind a small one
	Media   bool    // its request may name images or audio; of OpServe a job says so itself
	Control Control // how a pool serves it without a worker
	Guard   Guard   // when it may import modules
	Repeats bool    // its Arg says how often it is done
	Method  bool    // its caller names a method, which not every tokenizer has
}

// Control says how a pool serves an operation that is about what is loaded.
type Control uint8

// The kinds of Control.
const (
	ControlNone      Control = iota // by a worker
	ControlLoad                     // makes a handle
	ControlUnload                   // ends a handle
	ControlStats                    // what there is, with the handles of all callers
	ControlInfo                     // versions
	ControlShortcuts                // counters of all workers; with a body ControlSetting
	ControlSetting                  // with a body changes settings for all later calls; without one it is served by a worker
)

// Guard says when an operation may import modules, which may install signal handlers over Go's.
type Guard uint8

// The kinds of Guard.
const (
	GuardAlways Guard = iota
	GuardNever        // what it needs was imported by loading
	GuardFirst        // in the first call with an Arg
)

// Operations are all of them, by number.
var Operations = []Operation{
	{Op: OpInfo, Name: "info", Handler: "ops.info.run_info", Line: "info", Control: ControlInfo},
	{Op: OpLoad, Name: "load", Handler: "tokenizers.load.run_load", Line: "load", Control: ControlLoad},
	{Op: OpLoadRaw, Name: "load_raw", Handler: "tokenizers.load.run_load_raw", Line: "load_raw", Control: ControlLoad},
	{Op: OpUnload, Name: "unload", Handler: "tokenizers.load.run_unload", Line: "unload", Control: ControlUnload},
	{Op: OpEncodeChat, Name: "encode_chat", Handler: "ops.chat.run_encode_chat", Line: "encode_chat_completion", Short: true, Media: true, Guard: GuardNever},
	{Op: OpEncodeText, Name: "encode_text", Handler: "ops.text.run_encode_text", Short: true, Guard: GuardNever},
	{Op: OpDecode, Name: "decode", Handler: "ops.text.run_decode", Line: "decode", Short: true, Guard: GuardNever},
	{Op: OpRaw, Name: "raw", Handler: "ops.raw.run_raw", Line: "raw", Method: true},
	{Op: OpReferenceChat, Name: "reference_chat", Handler: "ops.bench_chat.run_reference_chat", Repeats: true},
	{Op: OpStats, Name: "stats", Handler: "ops.info.run_stats", Control: ControlStats},
	{Op: OpEncodeInstruct, Name: "encode_instruct", Handler: "ops.requests.run_encode_instruct", Line: "encode_instruct", Short: true, Media: true},
	{Op: OpEncodeFIM, Name: "encode_fim", Handler: "ops.requests.run_encode_fim", Line: "encode_fim", Short: true, Media: true},
	{Op: OpEncodeTranscription, Name: "encode_transcription", Handler: "ops.requests.run_encode_transcription", Line: "encode_transcription", Media: true},
	{Op: OpEncodeSpeechRequest, Name: "encode_speech_request", Handler: "ops.requests.run_encode_speech_request", Line: "encode_speech_request", Media: true},
	{Op: OpValidate, Name: "validate", Handler: "ops.validate.run_validate", Line: "validate"},
	{Op: OpNormalize, Name: "normalize", Handler: "ops.normalize.run_normalize", Line: "normalize"},
	{Op: OpToOpenAI, Name: "to_openai", Handler: "ops.openai.run_to_openai", Line: "to_openai"},
	{Op: OpFromOpenAI, Name: "from_openai", Handler: "ops.openai.run_from_openai", Line: "from_openai"},
	{Op: OpTemplate, Name: "template", Handler: "ops.chat_template.run_template", Line: "template"},
	{Op: OpGrammar, Name: "grammar", Handler: "ops.grammar.run_grammar", Line: "grammar"},
	{Op: OpSchemas, Name: "schemas", Handler: "ops.schemas.run_schemas"},
	{Op: OpConstants, Name: "constants", Handler: "ops.constants.run_constants"},
	{Op: OpMediaPolicy, Name: "media_policy", Handler: "media.policy.run_media_policy", Control: ControlSetting},
	{Op: OpInstruct, Name: "instruct", Handler: "ops.instruct.run_instruct", Method: true},
	{Op: OpAudio, Name: "audio", Handler: "ops.audio.run_audio", Method: true},
	{Op: OpOutput, Name: "output", Handler: "ops.output.run_output"},
	{Op: OpPieces, Name: "pieces", Handler: "ops.vocab.run_pieces", Short: true},
	{Op: OpLoadVLLM, Name: "load_vllm", Handler: "vllm.load.run_load_vllm", Line: "load_vllm", Control: ControlLoad},
	{Op: OpApplyMistralChatTemplate, Name: "apply_mistral_chat_template", Handler: "vllm.ops.run_apply", Line: "apply_mistral_chat_template", Short: true, Guard: GuardNever},
	{Op: OpVLLMRaw, Name: "vllm_raw", Handler: "vllm.ops.run_vllm_raw", Line: "vllm_raw", Method: true},
	{Op: OpShortcuts, Name: "shortcuts", Handler: "shortcuts.switches.run_shortcuts", Control: ControlShortcuts},
	{Op: OpReferenceCore, Name: "reference_core", Handler: "ops.bench_core.run_reference_core", Repeats: true},
	{Op: OpReferenceAsync, Name: "reference_async", Handler: "ops.bench_core.run_reference_async", Repeats: true},
	{Op: OpServe, Name: "serve", Handler: "server.serve.run_serve", Short: true, Guard: GuardFirst},
	{Op: OpServeSchemas, Name: "serve_schemas", Handler: "server.schemas.run_serve_schemas"},
	{Op: OpVocabulary, Name: "vocabulary", Handler: "ops.token_bytes.run_vocabulary"},
	{Op: OpOffsets, Name: "offsets", Handler: "ops.offsets.run_offsets", Line: "offsets"},
	{Op: OpTruncate, Name: "truncate", Handler: "ops.cuts.run_truncate", Line: "truncate"},
	{Op: OpSplit, Name: "split", Handler: "ops.cuts.run_split", Line: "split"},
	{Op: OpFit, Name: "fit", Handler: "ops.fit.run_fit", Line: "fit", Media: true},
	{Op: OpEncodeTexts, Name: "encode_texts", Handler: "ops.many.run_encode_texts", Line: "encode_texts", Guard: GuardNever},
	// A chat that names media is sent by itself where something may be fetched.
	{Op: OpEncodeChats, Name: "encode_chats", Handler: "ops.many.run_encode_chats", Line: "encode_chats", Guard: GuardNever},
	{Op: OpEncodeOpenAI, Name: "encode_openai", Handler: "ops.openai_body.run_encode_openai", Line: "encode_openai", Short: true, Media: true},
}

// operations are the Operations by their number; what is not there is OpTest's or unknown.
var operations = func() (all [256]Operation) {
	for _, o := range Operations {
		all[o.Op] = o
	}
	return all
}()

// Of is what is known of an operation. The operations of tests are short.
func (op Op) Of() *Operation {
	switch {
	case int(op) < len(operations):
		return &operations[op]
	case op >= OpTest:
		return &testOperation
	default:
		return &operations[0]
	}
}

var testOperation = Operation{Op: OpTest, Name: "test", Short: true}
