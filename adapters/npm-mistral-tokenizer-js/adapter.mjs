// npm mistral-tokenizer-js, which knows the first vocabulary only.
import { readFileSync } from 'node:fs'
import tokenizer from 'mistral-tokenizer-js'
import { serve } from './lines.mjs'

const { version } = JSON.parse(readFileSync(new URL('node_modules/mistral-tokenizer-js/package.json', import.meta.url)))

// The second argument is the BOS token, the third the space that SentencePiece puts first.
serve(
  { name: 'npm mistral-tokenizer-js', version, supports: ['encode', 'decode'], tokenizers: ['v1'] },
  () => ({
    encode: (text) => tokenizer.encode(text, false, true),
    decode: (ids) => tokenizer.decode(ids, false, true),
  }),
)
