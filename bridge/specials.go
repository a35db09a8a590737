package bridge

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Specials are the ids and numbers of a tokenizer.
type Specials struct {
	BOS                  int32            // bos_id
	EOS                  int32            // eos_id
	PAD                  int32            // pad_id; -1 of a SentencePieceTokenizer
	UNK                  int32            // unk_id
	Words                int              // n_words
	SpecialTokens        int              // num_special_tokens
	SpecialIDs           []int32          // special_ids, sorted
	Version              string           // v1, v2, v3, v7, v11, v13, v15
	FilePath             string           // file_path
	ModelSettingsBuilder json.RawMessage  // model_settings_builder of the file; null: none
	Start                []int32          // start() of the instruct tokenizer; nil of a bare one
	Instruct             map[string]int32 // BEGIN_INST, TOOL_CALLS, … of the instruct tokenizer
}

// constants are the answer of the op constants.
type constants struct {
	BOS           int32 `json:"bos_id"`
	EOS           int32 `json:"eos_id"`
	PAD           int32 `json:"pad_id"`
	UNK           int32 `json:"unk_id"`
	Words         int   `json:"n_words"`
	SpecialTokens int   `json:"num_special_tokens"`
	SpecialIDs    struct {
		Set []int32 `json:"__set__"`
	} `json:"special_ids"`
	Version  string                     `json:"version"`
	FilePath string                     `json:"file_path"`
	Builder  json.RawMessage            `json:"model_settings_builder"`
	Start    []int32                    `json:"start,omitzero"`
	Instruct map[string]json.RawMessage `json:"instruct,omitzero"`
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s Specials) MarshalJSON() ([]byte, error) {
	c := constants{
		BOS: s.BOS, EOS: s.EOS, PAD: s.PAD, UNK: s.UNK, Words: s.Words, SpecialTokens: s.SpecialTokens,
		Version: s.Version, FilePath: s.FilePath, Builder: s.ModelSettingsBuilder, Start: s.Start,
	}
	c.SpecialIDs.Set = s.SpecialIDs
	for name, id := range s.Instruct {
		if c.Instruct == nil {
			c.Instruct = map[string]json.RawMessage{}
		}
		c.Instruct[name] = strconv.AppendInt(nil, int64(id), 10)
	}
	return json.Marshal(c)
}

// UnmarshalJSON reads the answer of the op constants.
func (s *Specials) UnmarshalJSON(text []byte) error {
	var c constants
	if err := json.Unmarshal(text, &c); err != nil {
		return err
	}
	*s = Specials{
		BOS: c.BOS, EOS: c.EOS, PAD: c.PAD, UNK: c.UNK, Words: c.Words, SpecialTokens: c.SpecialTokens,
		SpecialIDs: c.SpecialIDs.Set, Version: c.Version, FilePath: c.FilePath, ModelSettingsBuilder: c.Builder, Start: c.Start,
	}
	for name, text := range c.Instruct {
		var id int32
		if json.Unmarshal(text, &id) != nil || string(text) == "null" {
			continue // None: this tokenizer has no such token
		}
		if s.Instruct == nil {
			s.Instruct = map[string]int32{}
		}
		s.Instruct[name] = id
	}
	return nil
}

// Specials returns them.
func (t *Tokenizer) Specials(ctx context.Context) (Specials, error) {
	return do(ctx, t.rt, t.specialsCall())
}

// SpecialsAsync is Specials as a future.
func (t *Tokenizer) SpecialsAsync(ctx context.Context) *async.Future[Specials] {
	return start(ctx, t.rt, t.specialsCall())
}

func (t *Tokenizer) specialsCall() call[Specials] {
	c := argumentsCall(t.header(wire.OpConstants, 0), "constants", &jsonenc.Encoder{})
	return checked(t, reading(c, value[Specials]))
}
