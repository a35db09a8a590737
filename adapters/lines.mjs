// The line protocol for an implementation in JavaScript: one request a line on
// stdin, one answer a line on stdout. See docs/CONFORMANCE.md.
import { createInterface } from 'node:readline'

export function serve(info, load) {
  const handles = new Map()
  const ops = {
    info: () => info,
    load: (_, args) => {
      const h = `h${handles.size}`
      handles.set(h, load(args))
      return { h }
    },
    raw: (tok, args) => Array.from(tok.encode(args.a[0])),
    decode: (tok, args) => tok.decode(args.tokens),
  }
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, op, h, args } = JSON.parse(line)
    let answer
    try {
      answer = { id, ok: ops[op](handles.get(h), args) }
    } catch (e) {
      answer = { id, err: { type: e.name, message: e.message } }
    }
    process.stdout.write(JSON.stringify(answer) + '\n')
  })
}
