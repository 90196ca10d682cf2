import type { Clock } from '../../kernel/clock.ts'
import type { Accept } from '../network/view.ts'
import { RedisStore, redisPastOf } from './redis-store.ts'
import type { RedisPast, Reply } from './redis-store.ts'
import type { Protocol } from './schema.ts'

/** What one connection may leave unfinished. */
const mostWaiting = 1_000_000

/** A byte a character: lengths in these protocols count bytes. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
/** Not TextDecoder's latin1, which is windows-1252. */
const binaryOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

/** The version that an image's environment names (`REDIS_VERSION`, …). */
export const versionIn = (env: Readonly<Record<string, string>>): string =>
  (Object.entries(env).find(([name]) => name.endsWith('_VERSION'))?.[1] ?? '').replace(/^\d+:|-.*$/g, '')

/** How the file begins that a Redis server keeps. */
const dumpHead = 'REDIS0012'

/** What a connection has queued since MULTI. */
interface Queue {
  waiting: (readonly string[])[] | undefined
}

/** More commands are not queued. */
const mostQueued = 1000

/** MULTI, EXEC and DISCARD; everything else at once, or queued. https://redis.io/docs/latest/develop/using-commands/transactions/ */
function obey(words: readonly string[], store: RedisStore, queue: Queue): Reply {
  const name = (words[0] ?? '').toLowerCase()
  const { waiting } = queue
  if (name === 'multi') {
    if (waiting) return { error: 'ERR MULTI calls can not be nested' }
    queue.waiting = []
    return { word: 'OK' }
  }
  if (name === 'exec' || name === 'discard') {
    if (!waiting) return { error: `ERR ${name.toUpperCase()} without MULTI` }
    queue.waiting = undefined
    return name === 'exec' ? waiting.map((each) => store.run(each)) : { word: 'OK' }
  }
  if (!waiting) return store.run(words)
  if (waiting.length < mostQueued) waiting.push(words)
  return { word: 'QUEUED' }
}

/** The protocols that images may say they speak, beside HTTP, as far as a client's first questions go. */
export class Speaker {
  readonly #clock: Clock
  readonly #version: string
  #store: RedisStore | undefined
  readonly #save: () => void

  /** @param version of the program, as it tells @param save writes down what a Redis server holds */
  constructor(clock: Clock, version: string, save: () => void = () => {}) {
    this.#save = save
    this.#clock = clock
    this.#version = version
  }

  get #redis(): RedisStore {
    return (this.#store ??= new RedisStore(this.#clock, this.#version, this.#save))
  }

  /** The keys of a Redis server; undefined where nobody has asked it anything. */
  past(): RedisPast | undefined {
    return this.#store?.past()
  }

  resume(past: RedisPast): void {
    this.#redis.resume(past)
  }

  /** What a Redis server writes to its file. */
  dump(): string | undefined {
    const past = this.past()
    return past && `${dumpHead}${JSON.stringify(past)}`
  }

  /** Takes up what `dump` gave; a file of anybody else's is not one. */
  load(text: string): void {
    const past = text.startsWith(dumpHead) ? redisPastOf(text.slice(dumpHead.length)) : undefined
    if (past) this.resume(past)
  }

  /** What takes connections. */
  accept(protocol: Protocol): Accept {
    return (peer) => {
      const say = (text: string) => void peer.write(bytesOf(text))
      let waiting = ''
      const hear = this.#hears(protocol, say, () => peer.end())
      return {
        data(chunk) {
          waiting = hear(waiting + binaryOf(chunk))
          if (waiting.length > mostWaiting) peer.reset()
        },
        end: () => peer.end(),
        close: () => undefined,
      }
    }
  }

  /** @returns what reads what has arrived, and gives back what is not complete */
  #hears(protocol: Protocol, say: (text: string) => void, end: () => void): (text: string) => string {
    if (protocol === 'mysql') {
      say(mysqlGreeting(this.#version))
      // Whoever goes on is not let in: there is no SQL here.
      return (text) => {
        if (text.length > 4) {
          say(mysqlPacket(2, '\u00ff\u0015\u0004#28000Access denied for user'))
          end()
        }
        return ''
      }
    }
    if (protocol === 'postgres') return (text) => hearPostgres(text, say, end)
    const store = this.#redis
    const queue: Queue = { waiting: undefined }
    return (text) => hearRedis(text, store, queue, say, end)
  }
}

const mysqlPacket = (sequence: number, body: string): string =>
  String.fromCharCode(body.length & 255, (body.length >> 8) & 255, (body.length >> 16) & 255, sequence) + body

/** Protocol::HandshakeV10. https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html */
const mysqlGreeting = (version: string): string =>
  mysqlPacket(
    0,
    `\n${version}\0\u0008\0\0\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\0\u00ff\u00f7\u00ff\u0002\0\u00ff\u00df\u0015${'\0'.repeat(10)}${'\u0010\u0020\u0030\u0040\u0050\u0060'.repeat(2)}\0caching_sha2_password\0`,
  )

/** https://www.postgresql.org/docs/current/protocol-flow.html: no TLS, and nobody gets further than being asked for a password. */
function hearPostgres(text: string, say: (text: string) => void, end: () => void): string {
  if (text.length < 8) return text
  const word = (at: number) => [0, 1, 2, 3].reduce((sum, index) => sum * 256 + text.charCodeAt(at + index), 0)
  const length = word(0)
  if (length > 10_000 || length < 8) {
    end()
    return ''
  }
  if (text.length < length) return text
  if (word(4) === 80_877_103) {
    say('N')
    return hearPostgres(text.slice(length), say, end)
  }
  const body = 'SFATAL\0VFATAL\0C0A000\0Mqueries are not simulated\0\0'
  say(`E${String.fromCharCode(0, 0, 0, body.length + 4)}${body}`)
  end()
  return ''
}

/** The serialisation protocol, and inline commands as people type them. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
function hearRedis(text: string, store: RedisStore, queue: Queue, say: (text: string) => void, end: () => void): string {
  let rest = text
  for (;;) {
    const next = rest.startsWith('*') ? arrayIn(rest) : inlineIn(rest)
    if (next === undefined) return rest
    rest = next.rest
    const [name = ''] = next.words
    if (name === '') continue
    if (name.toLowerCase() === 'quit') {
      say('+OK\r\n')
      end()
      return ''
    }
    // A browser's or curl's request: the server ends such connections.
    if (name === 'POST' || name === 'Host:') {
      end()
      return ''
    }
    say(encoded(obey(next.words, store, queue)))
  }
}

interface Words {
  readonly words: readonly string[]
  readonly rest: string
}

function inlineIn(text: string): Words | undefined {
  const end = text.indexOf('\n')
  if (end < 0) return undefined
  const words = [
    ...text
      .slice(0, end)
      .trim()
      .matchAll(/"([^"]*)"|(\S+)/g),
  ].map((match) => match[1] ?? match[2] ?? '')
  return { words, rest: text.slice(end + 1) }
}

function arrayIn(text: string): Words | undefined {
  const head = /^\*(\d{1,6})\r\n/.exec(text)
  if (!head) return text.includes('\n') ? { words: [], rest: '' } : undefined
  const words: string[] = []
  let at = head[0].length
  for (let count = Number(head[1]); count > 0; count--) {
    const size = /^\$(\d{1,7})\r\n/.exec(text.slice(at, at + 12))
    if (!size) return text.length - at > 12 ? { words: [], rest: '' } : undefined
    at += size[0].length
    if (text.length < at + Number(size[1]) + 2) return undefined
    words.push(text.slice(at, at + Number(size[1])))
    at += Number(size[1]) + 2
  }
  return { words, rest: text.slice(at) }
}

function encoded(reply: Reply): string {
  if (reply === null) return '$-1\r\n'
  // Keys and values are bytes already; the server's own texts are plain ASCII.
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`
  if (typeof reply === 'number') return `:${reply}\r\n`
  if ('error' in reply) return `-${reply.error}\r\n`
  if ('word' in reply) return `+${reply.word}\r\n`
  return `*${reply.length}\r\n${reply.map(encoded).join('')}`
}
