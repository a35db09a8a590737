const $ = (id) => document.getElementById(id);
const shown = 5000; // tokens; more would make the page slow
const example = '[\n  {"role": "system", "content": "Be brief."},\n  {"role": "user", "content": "How many tokens is this?"}\n]';
const state = { kind: "text", draft: { text: "", chat: example }, models: new Map(), tokens: [], on: -1, turn: 0 };

class Refusal extends Error {
  constructor(status, body, retry) {
    let said = body;
    try {
      const answer = JSON.parse(body);
      said = answer.error?.message ?? answer.error ?? answer.detail ?? body;
      if (typeof said !== "string") said = JSON.stringify(said, null, 2);
    } catch { /* it is text */ }
    super(`${status}: ${said}` + (retry ? `\nTry again in ${retry} s.` : ""));
    this.status = status;
  }
}

async function ask(path, body) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if ($("key").value) headers.Authorization = `Bearer ${$("key").value}`;
  const answer = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Refusal(answer.status, text, answer.headers.get("Retry-After"));
  return JSON.parse(text);
}

function request() {
  const model = $("model").value || null;
  if (state.kind === "text") {
    return { model, prompt: $("input").value, add_special_tokens: $("special").checked, return_token_strs: true };
  }
  let chat;
  try {
    chat = JSON.parse($("input").value);
  } catch (e) {
    throw new Error(`This is not JSON: ${e.message}`);
  }
  if (Array.isArray(chat)) chat = { messages: chat };
  return { model, ...chat, return_token_strs: true };
}

// about says what there is to know of a model: whether it writes spaces as U+2581.
async function about(model) {
  if (!state.models.has(model)) {
    const probe = await ask("tokenize", { model, prompt: " a", add_special_tokens: false, return_token_strs: true });
    state.models.set(model, { sentencepiece: probe.token_strs.some((t) => t.includes("\u2581")), special: new Map() });
  }
  return state.models.get(model);
}

// A special token is one that vanishes where special tokens are ignored. Only what looks
// like one is asked about.
async function isSpecial(known, model, id, text) {
  if (!/^(<[^<>]+>|\[[^[\]]+\])$/.test(text) || (known.sentencepiece && /^<0x..>$/.test(text))) return false;
  if (!known.special.has(id)) {
    const as = (special_token_policy) => ask("v1/detokenize/string", { model, tokens: [id], special_token_policy });
    const [ignored, kept] = await Promise.all([as("ignore"), as("keep")]);
    known.special.set(id, ignored !== kept);
  }
  return known.special.get(id);
}

async function measureAll(tokens, model) {
  const text = async (ids) => (await ask("detokenize", { model, tokens: ids })).prompt;
  const whole = await text(tokens.map((t) => t.id));
  measure(tokens, whole);
  const few = groups(tokens);
  if (!few.length) return;
  // One request for all: a token between them that is in none of them.
  const { tokens: nul } = await ask("tokenize", { model, prompt: "\0", add_special_tokens: false });
  const texts = (await text(few.flatMap((group) => [...group.map((t) => t.id), ...nul]))).split("\0");
  few.forEach((group, i) => {
    if (!texts[i].includes(lost)) measure(group, texts[i]);
  });
  measure(tokens, whole);
}

async function tokenize() {
  const body = request();
  const answer = await ask("tokenize", body);
  const known = await about(body.model);
  const tokens = [];
  for (const [i, id] of answer.tokens.entries()) {
    const text = answer.token_strs[i];
    tokens.push({ id, text, special: await isSpecial(known, body.model, id, text), bytes: null, part: false });
  }
  const plain = tokens.filter((t) => !t.special);
  if (known.sentencepiece) {
    for (const t of plain) t.bytes = ofSentencePiece(t.text);
  } else if (plain.some((t) => t.text.includes(lost))) {
    await measureAll(plain, body.model);
  } else {
    for (const t of plain) t.bytes = encoder.encode(t.text);
  }
  for (const t of plain) {
    const text = t.bytes && decoded(t.bytes);
    t.part = text === null;
    if (!t.part) t.text = text;
  }
  // SentencePiece puts a space before a text, which is not the text's.
  const sum = plain.reduce((n, t) => n + (t.bytes?.length ?? 0), 0);
  const bytes = body.prompt === undefined ? sum : encoder.encode(body.prompt).length;
  return { tokens, bytes, ratio: plain.length ? bytes / plain.length : 0, limit: answer.max_model_len };
}

function show({ tokens, bytes, ratio, limit }) {
  state.tokens = tokens;
  state.on = -1;
  $("count").textContent = tokens.length.toLocaleString("en");
  $("bytes").textContent = bytes.toLocaleString("en");
  $("ratio").textContent = ratio ? ratio.toFixed(2) : "–";
  $("share").textContent = `${(100 * tokens.length / limit).toLocaleString("en", { maximumSignificantDigits: 3 })} %`;
  $("tokens").replaceChildren(...tokens.slice(0, shown).map(element));
  $("more").hidden = tokens.length <= shown;
  $("more").textContent = `and ${(tokens.length - shown).toLocaleString("en")} more`;
  $("detail").textContent = "Point at a token, or use the arrow keys.";
  $("result").hidden = false;
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
  const size = token.bytes ? `${token.bytes.length} ${token.bytes.length === 1 ? "byte" : "bytes"} ${hex(token.bytes)}` : "";
  const what = token.special ? "special" : token.part ? `part of a character  ${size}` : size;
  return `token ${i + 1} of ${state.tokens.length}  id ${token.id}  ${what}`;
}

function choose(i, scroll) {
  if (i < 0 || i >= Math.min(shown, state.tokens.length)) return;
  $(`t${state.on}`)?.classList.remove("on");
  $(`t${state.on}`)?.removeAttribute("aria-selected");
  state.on = i;
  const span = $(`t${i}`);
  span.classList.add("on");
  span.setAttribute("aria-selected", "true");
  $("tokens").setAttribute("aria-activedescendant", span.id);
  $("detail").textContent = `${describe(state.tokens[i], i)}  ${JSON.stringify(state.tokens[i].text)}`;
  if (scroll) span.scrollIntoView({ block: "nearest" });
}

async function run() {
  const turn = ++state.turn;
  const busy = document.querySelector("button");
  busy.setAttribute("aria-busy", "true");
  try {
    const result = await tokenize();
    if (turn !== state.turn) return;
    $("error").hidden = true;
    show(result);
  } catch (e) {
    if (turn !== state.turn) return;
    fail(e);
  } finally {
    if (turn === state.turn) busy.removeAttribute("aria-busy");
  }
}

function fail(e) {
  if (e.status === 401) $("key-label").hidden = false;
  $("error").textContent = e instanceof TypeError ? `The server does not answer: ${e.message}` : e.message;
  $("error").hidden = false;
  $("result").hidden = true;
}

// turnTo changes between text and chat; each keeps what was typed.
function turnTo(kind) {
  state.draft[state.kind] = $("input").value;
  state.kind = kind;
  document.querySelector(`input[name=kind][value=${kind}]`).checked = true;
  $("input").value = state.draft[kind];
  $("special-label").hidden = kind === "chat";
}

async function listModels() {
  const chosen = $("model").value || new URLSearchParams(location.search).get("model");
  const { data } = await ask("v1/models");
  const names = data.map((card) => card.id);
  if (chosen && !names.includes(chosen)) names.push(chosen);
  $("model").replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
}

async function start() {
  const query = new URLSearchParams(location.search);
  $("whitespace").checked = query.has("whitespace");
  $("ids").checked = query.has("ids");
  $("tokens").classList.toggle("ids", query.has("ids"));
  if (query.has("chat")) turnTo("chat");
  $("input").value = query.get("chat") || query.get("text") || $("input").value;
  try {
    await listModels();
  } catch (e) {
    fail(e);
    return;
  }
  if (query.has("text") || query.has("chat")) await run();
}

$("form").addEventListener("submit", (e) => {
  e.preventDefault();
  run();
});
$("input").addEventListener("keydown", (e) => {
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) run();
});
for (const radio of document.querySelectorAll("input[name=kind]")) {
  radio.addEventListener("change", () => turnTo(radio.value));
}
$("key").addEventListener("change", () => listModels().then(() => { $("error").hidden = true; }, fail));
$("whitespace").addEventListener("change", () => $("tokens").replaceChildren(...state.tokens.slice(0, shown).map(element)));
$("ids").addEventListener("change", () => $("tokens").classList.toggle("ids", $("ids").checked));
$("tokens").addEventListener("mouseover", (e) => {
  const span = e.target.closest(".token");
  if (span) choose(Number(span.id.slice(1)), false);
});
$("tokens").addEventListener("keydown", (e) => {
  const last = Math.min(shown, state.tokens.length) - 1;
  const to = { ArrowRight: state.on + 1, ArrowDown: state.on + 1, ArrowLeft: state.on - 1, ArrowUp: state.on - 1, Home: 0, End: last }[e.key];
  if (to === undefined) return;
  e.preventDefault();
  choose(to, true);
});
start();
