"use strict";
// The bytes of each token, out of what /tokenize and /detokenize say. Tekken cuts characters
// in two: the text of such a token has U+FFFD where bytes are missing their others. How many
// bytes that is, the text of all tokens together tells, or else that of a few.

const lost = "\ufffd";
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

function lengthAt(bytes, at) {
  const b = bytes[at];
  return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

// cuts lists the places where the text of one token may end if it begins at a place.
function cuts(text, bytes, begin) {
  const chars = [...text];
  let places = [begin];
  chars.forEach((char, i) => {
    const next = [];
    for (const at of places) {
      if (at >= bytes.length) continue;
      const own = encoder.encode(char);
      if (own.every((b, k) => bytes[at + k] === b)) next.push(at + own.length);
      if (char !== lost) continue;
      if ((bytes[at] & 0xc0) === 0x80) next.push(at + 1);
      else if (i === chars.length - 1) {
        for (let n = 1; n < lengthAt(bytes, at); n++) next.push(at + n);
      }
    }
    places = next;
  });
  return places;
}

// measure gives tokens their bytes, out of the text of all of them. One that could have been
// cut in more than one way stays without.
function measure(tokens, whole) {
  const bytes = encoder.encode(whole);
  const ends = (t, at) => {
    if (!t.bytes) return cuts(t.text, bytes, at);
    return t.bytes.every((b, k) => bytes[at + k] === b) ? [at + t.bytes.length] : [];
  };
  const reached = [new Set([0])];
  for (const [i, t] of tokens.entries()) {
    reached.push(new Set([...reached[i]].flatMap((at) => ends(t, at))));
  }
  const last = tokens.length;
  reached[last] = new Set(reached[last].has(bytes.length) ? [bytes.length] : []);
  for (let i = last - 1; i >= 0; i--) {
    reached[i] = new Set([...reached[i]].filter((at) => ends(tokens[i], at).some((end) => reached[i + 1].has(end))));
  }
  for (const [i, t] of tokens.entries()) {
    if (reached[i].size === 1 && reached[i + 1].size === 1) t.bytes = bytes.slice(...reached[i], ...reached[i + 1]);
  }
}

// groups lists the tokens without bytes together with up to three such neighbours: four bytes
// make a character, so that some of these are whole ones.
function groups(tokens) {
  const found = [];
  for (let i = 0; i < tokens.length; i++) {
    for (let n = 1; n <= 4 && i + n <= tokens.length && !tokens[i + n - 1].bytes; n++) found.push(tokens.slice(i, i + n));
  }
  return found;
}

// ofSentencePiece gives the bytes of a piece: a space is written as U+2581 there, and a byte
// that is no character by its number.
function ofSentencePiece(piece) {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(piece);
  return byte ? Uint8Array.of(parseInt(byte[1], 16)) : encoder.encode(piece.replaceAll("\u2581", " "));
}

function decoded(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function hex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

function hex16(char) {
  return char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}
