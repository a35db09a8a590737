package corpus

import "strings"

// snippets are programs, each in a language of its own.
var snippets = []string{
	"func (s *Server) handle(w http.ResponseWriter, r *http.Request) {\n\tif err := s.auth(r); err != nil {\n\t\treturn\n\t}\n}",
	"def f(x: int) -> list[int]:\n    \"\"\"Doc.\"\"\"\n    return [y**2 for y in range(x) if y % 2 == 0]  # ≤ x\n\n\nclass A(B):\n        pass",
	"export const sum = async (...xs) => {\n  const r = await Promise.all(xs);\n  return r.reduce((a, b) => a + b, 0) ?? `none ${xs?.length}`;\n};",
	"impl<'a, T: Clone + 'static> Iterator for It<'a, T> {\n    type Item = &'a T;\n    fn next(&mut self) -> Option<Self::Item> { self.0.pop()? }\n}",
	"#include <stdio.h>\n#define MAX(a,b) ((a)>(b)?(a):(b))\nint main(void){\n  for(int i=0;i<10;++i){printf(\"%d\\n\",MAX(i,5));}\n  return 0;\n}",
	"SELECT u.name, COUNT(*) AS n FROM users u LEFT JOIN orders o ON o.uid = u.id WHERE u.age >= 18 GROUP BY 1 HAVING n > 2;",
	"<!DOCTYPE html>\n<html lang=\"en\">\n  <head><title>T &amp; T</title></head>\n  <body class=\"a b\"><p>Hi<br/></p></body>\n</html>",
	"{\"a\": [1, 2.50, null, true], \"b\": {\"c\": \"\\u00e9\\n\"}, \"d\": -1e-9}",
	"name: ci\non:\n  push:\n    branches: [main]\njobs:\n  test:\n    runs-on: linux\n    steps:\n      - run: make test",
	"#!/bin/sh\nset -euo pipefail\nfor f in *.txt; do\n\tgrep -E '^[a-z]+' \"$f\" | awk '{print $2}' >> \"${OUT:-out}\" || exit 1\ndone",
	"public static <T extends Comparable<? super T>> void sort(List<T> list) {\n        list.sort(null);   // in place\n}",
	"module Main where\n\nimport qualified Data.Map as M\n\nmain :: IO ()\nmain = print $ M.foldr (+) 0 (M.fromList [(1, 2), (3, 4)])",
	"^(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[a-z0-9]+)*)@(?:[a-z0-9-]+\\.)+[a-z]{2,}$",
	"diff --git a/x b/x\n@@ -1,3 +1,3 @@\n context\n-old line\n+new line\n context",
	"\\begin{equation}\n  \\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}\n\\end{equation}",
	"# Title\n\n* item **bold** _it_\n  * nested `code`\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n```go\nx := 1\n```\n",
	"https://example.org/a%20b/c.html?q=1&r=%F0%9F%98%80#frag-ment",
	"camelCase snake_case kebab-case PascalCase SCREAMING_SNAKE __dunder__ $var @attr #tag x->y a::b c<<=2 d!==e f&&g||h",
	"(defn f [x & xs] (->> xs (map inc) (reduce + x)))",
	"\tmov\teax, [ebp-0x4]\n\tjne\t.L2 ; loop\n.L2:\n\tret",
	"Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\n    f()\nValueError: bad 'thing'",
	"C:\\Users\\me\\file.txt /usr/local/bin/../lib ~/.config",
}

// fragments are what programs and their output are made of.
var fragments = []string{
	" ", "  ", "    ", "        ", "                ", "\t", "\t\t", "\n", "\n    ", "\n        ", "\n\t", "(", ")", "()", "[", "]", "{", "}", "{}", "<", ">", "</", "/>",
	"=", "==", "!=", "->", "=>", ":", "::", ";", ",", ".", "...", "#", "//", "/*", "*/", "*", "**", "-", "--", "+", "&&", "||", "!", "?", "%", "$", "@", "^", "~", "\\", "\"", "'", "`",
	"_", "def ", "return", "if", "else", "func", "x", "i", "self", "null", "PASS", "0", "1", "42", "0x", "é", "字", "✗", "✓", "✗ ", "✓ ", "→", "│", "├──", "%d", "\\n",
}

// code has each snippet as it is, indented in other ways, and with other line ends;
// and fragments in any order, where one merge takes another's letters.
func code() []string {
	var all []string
	for _, s := range snippets {
		all = append(all, s, strings.ReplaceAll(s, "\n", "\r\n"), "        "+strings.ReplaceAll(s, "\n", "\n        "))
		if wide := strings.ReplaceAll(strings.ReplaceAll(s, "\t", "  "), "  ", "      "); wide != s {
			all = append(all, wide)
		}
		all = append(all, strings.ReplaceAll(s, "\n", "\n\t\t\t"))
	}
	r := random(29)
	for range 240 {
		var b strings.Builder
		for range 3 + r.IntN(20) {
			b.WriteString(fragments[r.IntN(len(fragments))])
		}
		all = append(all, b.String())
	}
	return all
}
