package wire

// Version of the layout; pyshim/wire/codec.py carries the same number.
const Version = 1

// Op says what a request asks for. The numbers are the protocol's: append only.
type Op uint16

//go:generate go test -run TestOperations_generated -update .

// The operations; ops.go says what is known of each.
const (
	OpInfo          Op = 1
	OpLoad          Op = 2
	OpLoadRaw       Op = 3
	OpUnload        Op = 4
	OpEncodeChat    Op = 5
	OpEncodeText    Op = 6
	OpDecode        Op = 7
	OpRaw           Op = 8
	OpReferenceChat Op = 9
	OpStats         Op = 10

	OpEncodeInstruct      Op = 11
	OpEncodeFIM           Op = 12
	OpEncodeTranscription Op = 13
	OpEncodeSpeechRequest Op = 14
	OpValidate            Op = 15
	OpNormalize           Op = 16
	OpToOpenAI            Op = 17
	OpFromOpenAI          Op = 18
	OpTemplate            Op = 19
	OpGrammar             Op = 20
	OpSchemas             Op = 21
	OpConstants           Op = 22
	OpMediaPolicy         Op = 23
	OpInstruct            Op = 25
	OpAudio               Op = 26
	OpOutput              Op = 27
	OpPieces              Op = 28
	OpShortcuts           Op = 40
	OpReferenceCore       Op = 41
	OpReferenceAsync      Op = 42

	OpServe        Op = 50
	OpServeSchemas Op = 51

	OpVocabulary Op = 60
	OpOffsets    Op = 61
	OpTruncate   Op = 62
	OpSplit      Op = 63
	OpFit        Op = 64

	OpEncodeTexts Op = 65
	OpEncodeChats Op = 66

	OpEncodeOpenAI Op = 67

	OpLoadVLLM                 Op = 30
	OpApplyMistralChatTemplate Op = 31
	OpVLLMRaw                  Op = 32

	// OpTest is the first of the range that only tests register.
	OpTest Op = 0x7000
)

// Flags of a request.
const (
	FlagText    uint32 = 1 << iota // also return the debug text
	FlagCount                      // return only how many tokens there are
	FlagPlain                      // every shortcut off: the reference call as it is
	FlagNoMedia                    // leave images and audios out of the reply
	FlagBOS                        // encode_text: prepend the begin-of-sequence id
	FlagEOS                        // encode_text: append the end-of-sequence id
	FlagJSON                       // decode: the body is JSON, not int32; from_openai: it is the keywords alone
	FlagSpans                      // encode_chat, encode_instruct: also say whose each token is
)

// NoArg is the Arg of an operation that takes none.
const NoArg int32 = -1
