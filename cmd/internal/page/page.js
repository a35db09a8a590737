// The form, and when it is asked.

const example = '[\n  {"role": "system", "content": "Be brief."},\n  {"role": "user", "content": "How many tokens is this?"}\n]';
const pause = 250; // ms without a key, after which what was typed is asked about
const live = 100000; // characters; more wait for the button
const names = { text: "Text", chat: "The chat as JSON", tokens: "Ids of tokens" };
const state = { kind: "text", draft: { text: "", chat: example, tokens: "" }, lengths: new Map(), run: null, timer: 0, listed: 0 };

function request() {
  const model = $("model").value || null;
  const input = state.draft[state.kind];
  if (state.kind === "text") return { model, prompt: input, add_special_tokens: $("special").checked };
  const chat = parse(input);
  return { model, ...(Array.isArray(chat) ? { messages: chat } : chat) };
}

function idsOf(text) {
  return (text.match(/[^\s,;[\]]+/g) ?? []).map((word) => {
    if (!/^\d+$/.test(word) || !Number.isSafeInteger(Number(word))) throw new Error(`“${word}” is no id: ids are whole numbers from 0 on.`);
    return Number(word);
  });
}

function answer(call) {
  if (state.kind !== "tokens") return tokenize(request(), call);
  const ids = idsOf(state.draft.tokens);
  return ids.length ? detokenize(ids, $("model").value || null, call) : null;
}

// run asks for what is in the form. It gives up the run before it, so that no answer comes
// after a newer one.
async function run() {
  clearTimeout(state.timer);
  state.run?.abort();
  state.run = new AbortController();
  const { signal } = state.run;
  stale(true);
  $("go").setAttribute("aria-busy", "true");
  try {
    const found = await answer((path, body) => ask(path, body, signal));
    if (signal.aborted) return;
    const name = $("model").value;
    if (found) show({ ...found, limit: state.lengths.get(name) ?? found.limit }, name);
    else $("result").hidden = $("error").hidden = true;
  } catch (e) {
    if (!signal.aborted) fail(e);
  } finally {
    if (!signal.aborted) {
      stale(false);
      $("go").removeAttribute("aria-busy");
    }
  }
}

// typed is told of every key.
function typed() {
  state.run?.abort();
  $("go").removeAttribute("aria-busy");
  stale(true);
  clearTimeout(state.timer);
  if (state.draft[state.kind].length <= live) state.timer = setTimeout(run, pause);
  else say("A long one: press the button");
}

// turnTo changes between text, chat and ids; each keeps what was typed.
function turnTo(kind) {
  state.kind = kind;
  document.querySelector(`input[name=kind][value=${kind}]`).checked = true;
  $("special-label").hidden = kind !== "text";
  $("json-label").hidden = kind !== "chat";
  $("go").textContent = kind === "tokens" ? "Decode" : "Tokenize";
  draft();
}

// draft shows what was typed before: a chat as a form if it can be one.
function draft() {
  const chat = state.kind === "chat" ? chatOf(state.draft.chat) : null;
  $("json").disabled = !chat;
  if (!chat) $("json").checked = state.kind === "chat";
  const form = chat && !$("json").checked;
  $("chat").hidden = !form;
  $("input").hidden = Boolean(form);
  if (form) drawChat(chat, (text) => { state.draft.chat = text; typed(); });
  $("input-label").textContent = names[state.kind];
  $("input").placeholder = { text: "Type or paste a text", tokens: "1, 22177, 1044" }[state.kind] ?? "";
  $("input").value = state.draft[state.kind];
}

// listModels tells whether no later call has listed them instead.
async function listModels(chosen) {
  const turn = ++state.listed;
  const { data } = await ask("v1/models");
  if (turn !== state.listed) return false;
  const ids = data.map((card) => card.id);
  state.lengths = new Map(data.map((card) => [card.id, card.max_model_len]));
  if (chosen && !ids.includes(chosen)) ids.push(chosen);
  $("model").replaceChildren(...ids.map((name) => new Option(name, name, false, name === chosen)));
  return true;
}

// start takes over what the address says.
async function start() {
  const given = linked();
  $("whitespace").checked = given.whitespace;
  $("ids").checked = given.ids;
  $("tokens").classList.toggle("ids", given.ids);
  $("special").checked = given.special;
  $("json").checked = false;
  if (given.input != null) state.draft[given.kind] = given.input;
  else if (given.kind === "text") state.draft.text ||= $("input").value; // typed while the page loaded
  turnTo(given.kind);
  try {
    if (!await listModels(given.model ?? $("model").value)) return;
  } catch (e) {
    fail(e);
    return;
  }
  if (state.draft[state.kind]) await run();
}

function link() {
  const to = linkTo({
    kind: state.kind, input: state.draft[state.kind], model: $("model").value, special: $("special").checked,
    whitespace: $("whitespace").checked, ids: $("ids").checked,
  });
  history.pushState(null, "", to);
  return copy(to, "Link");
}

$("form").addEventListener("submit", (e) => {
  e.preventDefault();
  run();
});
$("form").addEventListener("keydown", (e) => {
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) run();
});
$("input").addEventListener("input", () => {
  state.draft[state.kind] = $("input").value;
  if (state.kind === "chat") $("json").disabled = !chatOf(state.draft.chat);
  typed();
});
for (const radio of document.querySelectorAll("input[name=kind]")) {
  radio.addEventListener("change", () => {
    turnTo(radio.value);
    run();
  });
}
for (const id of ["model", "special"]) $(id).addEventListener("change", run);
$("json").addEventListener("change", draft);
$("key").addEventListener("change", () => listModels($("model").value || linked().model).then(run, fail));
$("link").addEventListener("click", link);
addEventListener("hashchange", start);
start();
