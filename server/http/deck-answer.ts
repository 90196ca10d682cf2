import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type Deck, withoutNotes } from '../protocol/deck.ts'

type Encoding = 'br' | 'gzip' | 'plain'

/** Fast, and a tenth of what the deck weighs: people wait for it once, and a room's phones share one network. */
const compressors: Readonly<Record<Encoding, (text: string) => Promise<Uint8Array<ArrayBuffer>>>> = {
  br: async (text) => new Uint8Array(await promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })),
  gzip: async (text) => new Uint8Array(await promisify(gzip)(text)),
  plain: (text) => Promise.resolve(new TextEncoder().encode(text)),
}

interface Made {
  readonly text: string
  readonly tag: string
  readonly encoded: Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>
}

/** A deck is written and compressed once for all who see the same; it goes when the deck does. */
const withNotes = new WeakMap<Deck, Made>()
const bare = new WeakMap<Deck, Made>()

/**
 * The answer that carries a deck. A browser that has it already (its `if-none-match`) gets none.
 * @param notes whether the presenter's notes go with it
 * @param headers the request's
 */
export async function deckAnswer(deck: Deck, notes: boolean, headers: Headers): Promise<Response> {
  const made = madeOf(deck, notes)
  const common = { etag: made.tag, 'cache-control': 'private, no-cache', vary: 'accept-encoding, cookie' }
  if (holds(headers.get('if-none-match'), made.tag)) return new Response(null, { status: 304, headers: common })
  const encoding = encodingOf(headers.get('accept-encoding') ?? '')
  const body = made.encoded.get(encoding) ?? compressors[encoding](made.text)
  made.encoded.set(encoding, body)
  return new Response(await body, {
    headers: {
      ...common,
      'content-type': 'application/json; charset=utf-8',
      ...(encoding === 'plain' ? {} : { 'content-encoding': encoding }),
    },
  })
}

function madeOf(deck: Deck, notes: boolean): Made {
  const store = notes ? withNotes : bare
  const known = store.get(deck)
  if (known) return known
  const text = JSON.stringify(notes ? deck : withoutNotes(deck))
  // Weak: the same deck, however it is compressed.
  const tag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  const made: Made = { text, tag, encoded: new Map() }
  store.set(deck, made)
  return made
}

const holds = (asked: string | null, tag: string): boolean =>
  asked !== null && asked.split(',').some((one) => one.trim().replace(/^(?!W\/)/, 'W/') === tag)

function encodingOf(accepted: string): Encoding {
  const offered = accepted.split(',').flatMap((part) => {
    const [name, ...weights] = part.trim().split(';')
    return weights.some((weight) => /^\s*q=0(\.0*)?$/.test(weight)) ? [] : [name]
  })
  return offered.includes('br') ? 'br' : offered.includes('gzip') ? 'gzip' : 'plain'
}
