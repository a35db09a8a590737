// A link that carries what was typed: behind the #, which no browser sends to anybody. The
// same names in the query fill the page in too. An API key is in neither.

// linked reads the state that the address carries, or gives null.
function linked() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const given = [...hash.keys()].some((key) => named.includes(key)) ? hash : new URLSearchParams(location.search);
  const kind = kinds.findLast((name) => given.has(name));
  return {
    kind: kind ?? "text", input: kind && given.get(kind), model: given.get("model"), special: given.get("special") !== "no",
    whitespace: given.has("whitespace"), ids: given.has("ids"),
  };
}

const kinds = ["text", "chat", "tokens"]; // the latter are ids
const named = [...kinds, "model", "special", "whitespace", "ids"];

// linkTo gives the address of a state.
function linkTo(state) {
  const to = new URLSearchParams();
  if (state.model) to.set("model", state.model);
  if (!state.special) to.set("special", "no");
  for (const flag of ["whitespace", "ids"]) if (state[flag]) to.set(flag, "");
  to.set(state.kind, state.input);
  return `${location.origin}${location.pathname}#${to}`;
}
