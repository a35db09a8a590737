package corpus

import (
	"encoding/json"
	"fmt"
	"strings"
)

const (
	// Key order and the text of numbers reach the tokens.
	weather = `{"type": "function", "function": {"name": "get_weather", "description": "The weather of a place — now.", "parameters": ` +
		`{"type": "object", "required": ["unit", "city"], "properties": {"unit": {"type": "string", "enum": ["°C", "°F"]}, ` +
		`"city": {"type": "string", "description": "City, e.g. Orléans"}, "days": {"type": "integer", "maximum": 7.0, "default": 1.50}}, "additionalProperties": false}}}`
	clock = `{"type": "function", "function": {"name": "clock", "parameters": {}}}`
)

func toolset(tools ...string) string { return `"tools": [` + strings.Join(tools, ", ") + `]` }

func called(calls ...string) string {
	return `{"role": "assistant", "tool_calls": [` + strings.Join(calls, ", ") + `]}`
}

func call(id, name, arguments string) string {
	return fmt.Sprintf(`{"id": %q, "type": "function", "function": {"name": %q, "arguments": %s}}`, id, name, arguments)
}

func result(id, content string) string {
	return fmt.Sprintf(`{"role": "tool", "tool_call_id": %q, "content": %s}`, id, content)
}

// quote is a JSON string, with <s> and the like left as they are.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

func tools() []string {
	const a, b = "aaaaaaaaa", "bbbbbbbbb"
	ask := user(`"Weather?"`)
	arguments := quote(`{"unit": "°C",  "city": "Orléans", "days": 1.0}`)
	all := []string{
		with(request(ask), toolset(weather)),
		with(request(ask), toolset(clock)),
		with(request(ask), toolset(weather, clock)),
		with(request(ask), toolset()),
		with(request(system(`"Be brief."`), ask), toolset(weather)),
		with(request(user(`"a"`), assistant(`"b"`), ask), toolset(clock)),
		with(request(ask), toolset(weather)+`, "tool_choice": "any"`),
		with(request(ask), toolset(weather)+`, "tool_choice": "none"`),
		with(request(ask), toolset(weather)+`, "tool_choice": "auto"`),
		with(request(ask), toolset(`{"type": "function", "function": {"name": "f", "description": "", "parameters": {"b": 1, "a": 2.0, "c": 1e5, "d": "é"}}}`)),
		with(request(ask, called(call(a, "get_weather", arguments)), result(a, `"21 °C"`)), toolset(weather)),
		with(request(ask, called(call(a, "get_weather", arguments)), result(a, quote(`{"t":  21.50, "wind": null}`))), toolset(weather)),
		with(request(ask, called(call(a, "get_weather", arguments)), result(a, `"21"`), assistant(`"It is 21."`), user(`"Thanks"`)), toolset(weather)),
		request(ask, called(call(a, "get_weather", `{"city": "é", "n": 1.50}`)), result(a, `"ok"`)),
		request(ask, called(call(a, "f", `"{}"`), call(b, "clock", `{"n": 1}`)), result(a, `"[1, 2]"`), result(b, `"text"`)),
		request(ask, called(call(a, "f", `"{}"`), call(b, "clock", `{"n": 1}`)), result(b, `"text"`), result(a, `"[1, 2]"`)),
		request(ask, called(call(a, "f", `"{}"`)), result(a, `""`)),
		request(ask, called(call(a, "f", `"{}"`)), result(a, `"a\nb"`), assistant(`"c"`), ask, called(call(b, "f", `"{}"`)), result(b, `"7"`)),
		request(ask, `{"role": "assistant", "content": "Let me see.", "tool_calls": [`+call(a, "f", `"{}"`)+`]}`, result(a, `"ok"`)),
		request(ask, `{"role": "assistant", "content": null, "tool_calls": [`+call(a, "f", `"{}"`)+`]}`, result(a, `"ok"`)),
	}
	for n := 3; n <= 8; n++ {
		var list []string
		for i := range n {
			list = append(list, strings.Replace(weather, "get_weather", fmt.Sprintf("tool_%d", i), 1))
		}
		all = append(all, with(request(ask), toolset(list...)))
	}
	return all
}

// refusals are requests with something wrong. Whether a tokenizer's version accepts
// one is for the reference to say.
func refusals() []string {
	const a = "aaaaaaaaa"
	return []string{
		request(), `{"model": "m"}`, `{"messages": null}`, `{}`, `[]`, `"text"`,
		with(request(user(`"a"`)), `"nonsense": 1`),
		request(`{"role": "user", "content": "a", "nonsense": 1}`),
		request(message("robot", `"a"`)), request(`{"content": "a"}`), request(`{"role": "user"}`),
		request(user("3")), request(user("null")), request(user(`[{"type": "nonsense"}]`)), request(user(`[{"type": "text"}]`)),
		request(assistant(`"a"`)), request(user(`"a"`), assistant(`"b"`)), request(system(`"a"`)),
		request(user(`"a"`), assistant(`""`), user(`"b"`)),
		request(result(a, `"x"`)),
		request(user(`"a"`), called(call("call_1", "f", `"{}"`)), result("call_1", `"x"`)),
		request(user(`"a"`), called(call(a, "f", `"{}"`)), assistant(`"b"`), user(`"c"`)),
		request(user(`"a"`), called(call(a, "f", `"{}"`)), result("bbbbbbbbb", `"x"`)),
		request(user(`"a"`), called(call(a, "a b", `"{}"`)), result(a, `"x"`)),
		with(request(user(`"a"`)), toolset(strings.Replace(clock, "clock", "a b", 1))),
		with(request(user(`"a"`)), toolset(strings.Replace(clock, "{}", `{"type": "nonsense"}`, 1))),
		with(request(user(`"a"`)), toolset(`{"type": "function"}`)),
		with(request(user(`"a"`)), `"temperature": 2.5`), with(request(user(`"a"`)), `"top_p": -1`), with(request(user(`"a"`)), `"max_tokens": "many"`),
		with(request(user(`"a"`)), `"truncate_for_context_length": true`),
		with(request(user(`"a"`)), `"tool_choice": "sometimes"`),
		with(request(user(`"a"`)), `"reasoning_effort": "high"`),
		request(user(`"a"`), `{"role": "assistant", "content": "b", "prefix": true}`, user(`"c"`)),
		request(user(`"lone \ud800 surrogate"`)),
	}
}
