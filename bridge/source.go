package bridge

// Source says where a tokenizer comes from.
type Source struct{ key, value string }

// Shipped is a tokenizer that mistral_common carries, by the name it has there:
// v1, v2, v3, v7, v7-mm, v3-tekken, v3-tekken-mm.
func Shipped(name string) Source { return Source{"name", name} }

// File is a tokenizer file, as MistralTokenizer.from_file takes it: tekken.json,
// or a SentencePiece model named *.model.vN.
func File(path string) Source { return Source{"file", path} }

// ModelDir is a model's directory: its tekken.json, else its tokenizer.model.v*.
func ModelDir(path string) Source { return Source{"dir", path} }

// Model is a model id for which mistral_common carries a tokenizer: those of its own
// table, such as open-mistral-nemo-2407, and mistralai/Mistral-7B-Instruct-v0.3.
// Nothing is downloaded.
//
// The last is not in the table of mistral_common, and stands for Shipped("v3"), which
// is not that model's own file: texts and chats have the same tokens, but the ids 10 to
// 13 are [IMG], [PREFIX], [MIDDLE] and [SUFFIX], and 751 to 770 are [REFERENCE_DOC_19]
// to [REFERENCE_DOC_0], where vLLM's test of the model has [control_8] and so on up to
// [control_768]. For the vocabulary, for FIM, and to decode these ids, use ModelDir with
// the model's own files. Tokenizer.Warnings says so of each load under that name.
func Model(id string) Source { return Source{"model", id} }

// String is the source in words.
func (s Source) String() string { return s.key + " " + s.value }

// Mode is mistral_common's ValidationMode: what requests are accepted.
type Mode string

// The modes of mistral_common; Test is its default.
const (
	Serving    Mode = "serving"
	Finetuning Mode = "finetuning"
	Test       Mode = "test"
	Agnostic   Mode = "agnostic"
)
