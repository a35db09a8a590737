package corpus

import (
	"strings"
)

var pictures = []string{
	"😀", "👍", "👍🏽", "🤦🏼‍♂️", "👩‍👩‍👧‍👦", "👨‍💻", "🧑🏿‍🚀", "🏳️‍🌈", "🏴‍☠️", "🇫🇷", "🇯🇵", "🇺🇳", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "❤", "❤️‍🔥",
	"☺️", "☺", "1️⃣", "#️⃣", "*️⃣", "✗", "✓", "✔️", "✘", "★", "☆", "→", "⇒", "•", "◦", "■", "□", "▲", "♥", "♠", "♫", "☕", "⚠️", "⚡",
	"🎉", "✨", "🚀", "🫠", "🪿", "🫨", "🐦‍🔥", "🍋‍🟩", "\u200d", "\ufe0f", "🏽", "🇫", "🀄", "🂡", "⏱️", "㊙️", "©️", "™️",
}

func emoji() []string {
	all := append([]string(nil), pictures...)
	for i, p := range pictures {
		all = append(all, "a "+p+" b"+p+p, strings.Repeat(p, 2+i%7))
	}
	r := random(13)
	for range 40 {
		var b strings.Builder
		for range 3 + r.IntN(8) {
			b.WriteString(pictures[r.IntN(len(pictures))])
			b.WriteString([]string{"", "", " ", "ok", "\u200d", "!"}[r.IntN(6)])
		}
		all = append(all, b.String())
	}
	return all
}
