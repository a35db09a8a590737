package corpus

import (
	"fmt"
	"strings"
)

// Requests are put together as text: the order of keys and the text of numbers
// reach the tokens.

func request(messages ...string) string {
	return `{"messages": [` + strings.Join(messages, ", ") + `]}`
}

// with adds members to a request.
func with(request string, members string) string {
	return strings.TrimSuffix(request, "}") + ", " + members + "}"
}

func user(content string) string      { return message("user", content) }
func assistant(content string) string { return message("assistant", content) }
func system(content string) string    { return message("system", content) }

func message(role, content string) string {
	return fmt.Sprintf(`{"role": %q, "content": %s}`, role, content)
}

func chats() []string {
	all := []string{
		request(user(`"Hello"`)),
		request(user(`""`)),
		request(user(`" "`)),
		request(user(`"  two  spaces\n\nand lines\n"`)),
		request(user(`"<s>[INST] not a token [/INST]</s>"`)),
		request(user(`"Grüße, 世界! 👩‍👩‍👧‍👦 \u00e9 \ud83d\ude00"`)),
		request(user(`"nul \u0000 bell \u0007"`)),
		request(user(`[{"type": "text", "text": "Hello"}]`)),
		request(user(`[{"type": "text", "text": "Hello"}, {"type": "text", "text": " world"}, {"type": "text", "text": ""}]`)),
		request(system(`"Be brief."`), user(`"Hello"`)),
		request(system(`""`), user(`"Hello"`)),
		request(system(`"Be brief."`), system(`"Be kind."`), user(`"Hello"`)),
		request(system(`[{"type": "text", "text": "Be"}, {"type": "text", "text": "brief."}]`), user(`"Hello"`)),
		request(system(`"  padded  "`), user(`"  padded  "`)),
		request(user(`"Hello"`), user(`"again"`)),
		request(user(`"Hello"`), system(`"Be brief."`), user(`"again"`)),
		request(user(`"Write"`), `{"role": "assistant", "content": "Once upon", "prefix": true}`),
		request(user(`"Write"`), `{"role": "assistant", "content": " Once ", "prefix": true}`),
		request(system(`"Poet."`), user(`"Write"`), `{"role": "assistant", "content": "", "prefix": true}`),
		with(request(user(`"Write"`), assistant(`"Once"`)), `"continue_final_message": true`),
		with(request(user(`"Hello"`)), `"temperature": 0.1, "top_p": 0.5, "max_tokens": 3, "random_seed": 0`),
		with(request(user(`"Hello"`)), `"response_format": {"type": "json_object"}`),
		with(request(user(`"Hello"`)), `"model": "any"`),
	}
	for i, s := range sentences {
		if i%6 == 0 {
			all = append(all, request(system(quote(sentences[(i+1)%len(sentences)])), user(quote(s))))
		}
	}
	return all
}

// turns are conversations of 2 to 12 turns, plain and with what may come between.
func turns() []string {
	var all []string
	for n := 2; n <= 12; n++ {
		var plain []string
		for i := range n - 1 {
			plain = append(plain, user(quote(sentences[(7*i+n)%len(sentences)])), assistant(quote(sentences[(11*i+n)%len(sentences)])))
		}
		plain = append(plain, user(`"And now?"`))
		all = append(all, request(plain...), request(append([]string{system(`"Be brief."`)}, plain...)...))
	}
	return append(all,
		request(user(`"1+1?"`), assistant(`"2"`), user(`"2+2?"`), assistant(`"4"`), user(`"3+3?"`)),
		request(user(`"a"`), assistant(`" b "`), user(`"c"`)),
		request(user(`"a"`), assistant(`"b "`), user(`"c"`)),
		request(user(`"a"`), assistant(`"b\n"`), user(`" c"`)),
		request(user(`"a"`), assistant(`"b"`), assistant(`"c"`), user(`"d"`)),
		request(user(`"a"`), user(`"b"`), assistant(`"c"`), user(`"d"`), user(`"e"`)),
		request(system(`"s"`), user(`"a"`), assistant(`"b"`), system(`"t"`), user(`"c"`)),
		request(user(`"a"`), assistant(`"b"`), user(`"Write"`), `{"role": "assistant", "content": "Once", "prefix": true}`),
		request(user(`[{"type": "text", "text": "a"}]`), assistant(`[{"type": "text", "text": "b"}]`), user(`"c"`)),
	)
}
