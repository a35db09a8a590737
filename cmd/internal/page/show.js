// What is shown of a result.

const shown = 5000; // tokens; more would make the page slow
const result = { tokens: [], on: -1 };
const number = (n, digits) => n.toLocaleString("en", digits && { maximumSignificantDigits: digits });
const several = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;

function show({ tokens, plain, bytes, limit, text }, model) {
  result.tokens = tokens;
  result.on = -1;
  const share = `${number(100 * tokens.length / limit, 3)} %`;
  const over = tokens.length - limit;
  $("count").textContent = number(tokens.length);
  $("bytes").textContent = bytes === null ? "–" : number(bytes);
  $("ratio").textContent = bytes && plain ? (bytes / plain).toFixed(2) : "–";
  $("share").textContent = share;
  $("share").classList.toggle("over", over > 0);
  $("context").textContent = `of ${model || "the model"}'s context, ${several(limit, "token")}` + (over > 0 ? `: ${number(over)} too many` : "");
  $("text").hidden = $("copy-text").hidden = text === undefined;
  $("text").textContent = text ?? "";
  draw();
  $("more").hidden = tokens.length <= shown;
  $("more").textContent = `and ${number(tokens.length - shown)} more`;
  $("detail").textContent = "Point at a token, or use the arrow keys.";
  $("error").hidden = true;
  $("result").hidden = false;
  say(`${several(tokens.length, "token")}, ${share} of the context`);
}

// say tells those who do not see the page, and those who do see what a button did.
function say(text) { $("status").textContent = text; }

// stale marks the result as that of another input, or takes the mark away.
function stale(is) {
  $("result").classList.toggle("stale", is);
  $("result").setAttribute("aria-busy", is);
}

function fail(e) {
  if (e.status === 401) $("key-label").hidden = false;
  $("error").textContent = e instanceof TypeError ? `The server does not answer: ${e.message}` : e.message;
  $("error").hidden = false;
  $("result").hidden = true;
  say("");
}

function draw() {
  $("tokens").removeAttribute("aria-activedescendant");
  $("tokens").replaceChildren(...result.tokens.slice(0, shown).map(element));
  result.on = -1;
}

function element(token, i) {
  const span = document.createElement("span");
  span.id = `t${i}`;
  span.className = `token c${i % 5}`;
  span.classList.toggle("special", token.special);
  span.classList.toggle("part", token.part);
  span.setAttribute("role", "option");
  span.dataset.id = token.id;
  if (token.bytes) span.dataset.bytes = hex(token.bytes);
  span.title = describe(token, i);
  span.append(...letters(token));
  const id = document.createElement("sub");
  id.textContent = token.id;
  span.append(id);
  return span;
}

const marks = { " ": "·", "\t": "→\t", "\n": "⏎\n", "\r": "␍", "\u00a0": "⍽" };
const white = /([ \t\n\r\u00a0])/;
const unseen = /((?![\t\n\r])[\p{Cc}\p{Cf}\ufe0e\ufe0f])/u; // takes no room: a token of it could not be seen

function letters(token) {
  if (token.part) return [token.bytes ? `‹${hex(token.bytes)}›` : token.text];
  const runs = token.text.split(unseen).flatMap((run) => ($("whitespace").checked ? run.split(white) : [run]));
  return runs.filter(Boolean).map((run) => {
    const mark = unseen.test(run) ? `‹U+${hex16(run)}›` : $("whitespace").checked && marks[run];
    if (!mark) return run;
    const span = document.createElement("span");
    span.className = "white";
    span.textContent = mark;
    return span;
  });
}

function describe(token, i) {
  const size = token.bytes ? `${several(token.bytes.length, "byte")} ${hex(token.bytes)}` : "";
  const what = token.special ? "special" : token.part ? `part of a character  ${size}` : size;
  return `token ${i + 1} of ${result.tokens.length}  id ${token.id}  ${what}`;
}

function choose(i, scroll) {
  if (i < 0 || i >= Math.min(shown, result.tokens.length)) return;
  $(`t${result.on}`)?.classList.remove("on");
  $(`t${result.on}`)?.removeAttribute("aria-selected");
  result.on = i;
  const span = $(`t${i}`);
  span.classList.add("on");
  span.setAttribute("aria-selected", "true");
  $("tokens").setAttribute("aria-activedescendant", span.id);
  $("detail").textContent = `${describe(result.tokens[i], i)}  ${JSON.stringify(result.tokens[i].text)}`;
  if (scroll) span.scrollIntoView({ block: "nearest" });
}

// copy puts a text on the clipboard, and says so. Pages that came without TLS, and not from
// this machine, have no navigator.clipboard.
async function copy(text, what) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else if (!copyFromField(text)) throw new Error("the browser refuses");
    say(`${what} copied`);
  } catch (e) {
    say(`${what} not copied: ${e.message}`);
  }
}

function copyFromField(text) {
  const field = document.createElement("textarea");
  const before = document.activeElement;
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus();
  return done;
}

$("tokens").addEventListener("mouseover", (e) => {
  const span = e.target.closest(".token");
  if (span) choose(Number(span.id.slice(1)), false);
});
$("tokens").addEventListener("keydown", (e) => {
  const last = Math.min(shown, result.tokens.length) - 1;
  const to = { ArrowRight: result.on + 1, ArrowDown: result.on + 1, ArrowLeft: result.on - 1, ArrowUp: result.on - 1, Home: 0, End: last }[e.key];
  if (to === undefined) return;
  e.preventDefault();
  choose(to, true);
});
$("whitespace").addEventListener("change", draw);
$("ids").addEventListener("change", () => $("tokens").classList.toggle("ids", $("ids").checked));
$("copy-ids").addEventListener("click", () => copy(JSON.stringify(result.tokens.map((t) => t.id)), several(result.tokens.length, "id")));
$("copy-text").addEventListener("click", () => copy($("text").textContent, "Text"));
