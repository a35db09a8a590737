package bridge_test

import (
	"strings"

	"pgregory.net/rapid"
)

// scripts are characters of many scripts, spaces that are none, marks, what SentencePiece
// writes itself, and what tokenizers have for themselves.
var scripts = []string{
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", ".,;:!?()[]{}<>/\\\"'`~@#$%^&*-_+=|",
	"    \t\n\r\n\u00a0\u2003\u3000\u200b\ufeff\x00", "àéîöüßñçøåæœŁżěğ", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω",
	"אבגדהוזחטיכלמנסעפצקרשת", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "अआइईउऊऋएऐओऔकखगघङ्िीुू", "กขฃคฅฆงจฉชซฌญฎฏ่้๊๋",
	"日本語東京中文漢字简体", "あいうえおカキクケコ", "한국어안녕하세요", "ႠႡႢႣ", "አማርኛ", "ᠮᠣᠩ", "𐍈𐌰𒀀𝔘𠀋", "🌍👩‍🚀🇫🇷👍🏽❤️",
	"▁▁⁇\ufffd", "e\u0301a\u0308ﬁ①Ⅷ",
}

var names = []string{"<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]", "<unk>", "<0x0A>", "▁Hello", " the", "Hello", "function", "\n\n", "    "}

// anyText draws a text of words of many scripts.
func anyText(longest int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, longest).Draw(t, "words") {
			if rapid.IntRange(0, 5).Draw(t, "which") == 0 {
				b.WriteString(rapid.SampledFrom(names).Draw(t, "name"))
				continue
			}
			runes := []rune(rapid.SampledFrom(scripts).Draw(t, "script"))
			for range rapid.IntRange(1, 6).Draw(t, "letters") {
				b.WriteRune(rapid.SampledFrom(runes).Draw(t, "letter"))
			}
			if rapid.Bool().Draw(t, "space") {
				b.WriteByte(' ')
			}
		}
		return b.String()
	})
}
