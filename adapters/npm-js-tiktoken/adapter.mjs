// npm js-tiktoken, given the ranks of a tekken.json.
import { readFileSync } from 'node:fs'
import { Tiktoken } from 'js-tiktoken/lite'
import { serve } from './lines.mjs'

const { version } = JSON.parse(readFileSync(new URL('node_modules/js-tiktoken/package.json', import.meta.url)))

serve(
  { name: 'npm js-tiktoken', version, supports: ['encode', 'decode'], tokenizers: ['v3-tekken', 'v3-tekken-mm'], load: 'path' },
  ({ path }) => {
    const { config, vocab } = JSON.parse(readFileSync(path, 'utf8'))
    const specials = config.default_num_special_tokens
    const ranks = vocab.slice(0, config.default_vocab_size - specials).map((v) => v.token_bytes)
    const tok = new Tiktoken({ pat_str: config.pattern, special_tokens: {}, bpe_ranks: `! 0 ${ranks.join(' ')}` })
    return {
      encode: (text) => tok.encode(text, [], []).map((id) => id + specials),
      decode: (ids) => tok.decode(ids.map((id) => id - specials)),
    }
  },
)
