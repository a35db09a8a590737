// Tokens with all that is shown of them. call is ask, for one run of the page.

const models = new Map(); // what is known of each model, by name

// about says what there is to know of a model: whether it writes spaces as U+2581, and what
// ids a NUL is, which stands between texts that one request is to keep apart.
async function about(model, call) {
  if (!models.has(model)) {
    const probe = await call("tokenize", { model, prompt: " a", add_special_tokens: false, return_token_strs: true });
    const nul = await call("tokenize", { model, prompt: "\0", add_special_tokens: false });
    models.set(model, {
      sentencepiece: probe.token_strs.some((t) => t.includes("\u2581")), nul: nul.tokens.at(-1), special: new Map(),
    });
  }
  return models.get(model);
}

// A special token is one that vanishes where special tokens are ignored. Only what looks
// like one is asked about.
async function isSpecial(known, model, id, text, call) {
  if (!/^(<[^<>]+>|\[[^[\]]+\])$/.test(text) || (known.sentencepiece && /^<0x..>$/.test(text))) return false;
  if (!known.special.has(id)) {
    const as = (special_token_policy) => call("v1/detokenize/string", { model, tokens: [id], special_token_policy });
    const [ignored, kept] = await Promise.all([as("ignore"), as("keep")]);
    known.special.set(id, ignored !== kept);
  }
  return known.special.get(id);
}

async function measureAll(tokens, model, known, call) {
  const text = async (ids) => (await call("detokenize", { model, tokens: ids })).prompt;
  const whole = await text(tokens.map((t) => t.id));
  measure(tokens, whole);
  const few = groups(tokens);
  if (!few.length) return;
  // One request for all.
  const texts = (await text(few.flatMap((group) => [...group.map((t) => t.id), known.nul]))).split("\0");
  few.forEach((group, i) => {
    if (!texts[i].includes(lost)) measure(group, texts[i]);
  });
  measure(tokens, whole);
}

// described gives tokens of an id and a text all the rest.
async function described(tokens, model, known, call) {
  for (const t of tokens) {
    t.special = await isSpecial(known, model, t.id, t.text, call);
    t.bytes = null;
    t.part = false;
  }
  const plain = tokens.filter((t) => !t.special);
  if (known.sentencepiece) {
    for (const t of plain) t.bytes = ofSentencePiece(t.text);
  } else if (plain.some((t) => t.text.includes(lost))) {
    await measureAll(plain, model, known, call);
  } else {
    for (const t of plain) t.bytes = encoder.encode(t.text);
  }
  for (const t of plain) {
    const text = t.bytes && decoded(t.bytes);
    t.part = text === null;
    if (!t.part) t.text = text;
  }
  const sum = plain.every((t) => t.bytes) ? plain.reduce((n, t) => n + t.bytes.length, 0) : null;
  return { tokens, plain: plain.length, bytes: sum };
}

// tokenize gives the tokens of a request to /tokenize.
async function tokenize(body, call) {
  const answer = await call("tokenize", { ...body, return_token_strs: true });
  const known = await about(body.model, call);
  const tokens = answer.tokens.map((id, i) => ({ id, text: answer.token_strs[i] }));
  const found = await described(tokens, body.model, known, call);
  // SentencePiece puts a space before a text, which is not the text's.
  if (body.prompt !== undefined) found.bytes = encoder.encode(body.prompt).length;
  return { ...found, limit: answer.max_model_len };
}

// detokenize gives the tokens of ids, and their text.
async function detokenize(ids, model, call) {
  const known = await about(model, call);
  const texts = new Map();
  await textsOf([...new Set(ids)], model, known, call, texts);
  const found = await described(ids.map((id) => ({ id, text: texts.get(id) })), model, known, call);
  const text = await call("v1/detokenize/string", { model, tokens: ids, special_token_policy: "ignore" });
  return { ...found, text };
}

// textsOf finds the text of each id, with one request for all of them as long as none of the
// texts has what stands between them.
async function textsOf(ids, model, known, call, texts) {
  const between = known.sentencepiece ? "<0x00>" : "\0";
  const { prompt } = await call("detokenize", { model, tokens: ids.flatMap((id, i) => (i ? [known.nul, id] : [id])) });
  const parts = ids.length === 1 ? [prompt] : prompt.split(between);
  if (parts.length === ids.length) {
    ids.forEach((id, i) => texts.set(id, parts[i]));
    return;
  }
  const half = ids.length >> 1;
  await textsOf(ids.slice(0, half), model, known, call, texts);
  await textsOf(ids.slice(half), model, known, call, texts);
}
