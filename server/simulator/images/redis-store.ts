import { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'

/** A reply of Redis: text, a number, nothing, a list, a word (`OK`) or an error. */
export type Reply = string | number | null | readonly Reply[] | { readonly word: string } | { readonly error: string }

type Value = string | string[] | Map<string, string> | Set<string> | Scores

/** A sorted set: scores by member. */
class Scores extends Map<string, number> {}

/** The keys of a Redis server as plain data. */
export interface RedisPast {
  readonly values: readonly (readonly [string, Plain])[]
  /** Milliseconds since the epoch. */
  readonly expires: readonly (readonly [string, number])[]
}

type Plain =
  | string
  | { readonly list: readonly string[] }
  | { readonly hash: readonly (readonly [string, string])[] }
  | { readonly set: readonly string[] }
  | { readonly scores: readonly (readonly [string, number])[] }

const Texts = z.array(z.string())
const PlainSchema = z.union([
  z.string(),
  z.object({ list: Texts }),
  z.object({ hash: z.array(z.tuple([z.string(), z.string()])) }),
  z.object({ set: Texts }),
  z.object({ scores: z.array(z.tuple([z.string(), z.number()])) }),
])
/** How those keys stand in a file. */
export const RedisPastSchema = z.object({
  values: z.array(z.tuple([z.string(), PlainSchema])),
  expires: z.array(z.tuple([z.string(), z.number()])),
})

/** Reads what a file says; undefined when it is no server's. */
export function redisPastOf(text: string): RedisPast | undefined {
  try {
    return RedisPastSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function plainOf(value: Value): Plain {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return { list: [...value] }
  if (value instanceof Scores) return { scores: [...value] }
  return value instanceof Set ? { set: [...value] } : { hash: [...value] }
}

function valueOf(plain: Plain): Value {
  if (typeof plain === 'string') return plain
  if ('list' in plain) return [...plain.list]
  if ('scores' in plain) return new Scores(plain.scores)
  return 'set' in plain ? new Set(plain.set) : new Map(plain.hash)
}

/** What a value takes, in bytes. */
function sizeOf(value: Value): number {
  return typeof value === 'string' ? value.length : [...value].reduce((sum, each) => sum + String(each).length, 0)
}

/** As a container's memory limit would have it; then it refuses to keep more. */
const mostBytes = 4_000_000

const ok: Reply = { word: 'OK' }
const wrongType: Reply = { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' }
const notInteger: Reply = { error: 'ERR value is not an integer or out of range' }

/** The keys of one Redis server: strings, lists and hashes, and when they expire. https://redis.io/docs/latest/commands/ */
export class RedisStore {
  readonly #values = new Map<string, Value>()
  readonly #expires = new Map<string, number>()
  readonly #clock: Clock
  readonly #version: string
  #bytes = 0
  #commands = 0
  /** Writes everything down. */
  readonly save: () => void

  constructor(clock: Clock, version: string, save: () => void = () => {}) {
    this.save = save
    this.#clock = clock
    this.#version = version
  }

  /** Everything it holds. */
  past(): RedisPast {
    return {
      values: this.keys().map((key) => [key, plainOf(this.#values.get(key) ?? '')]),
      expires: [...this.#expires],
    }
  }

  /** Holds what another one held. */
  resume(past: RedisPast): void {
    this.clear()
    for (const [key, plain] of past.values) {
      const value = valueOf(plain)
      this.set(key, value, sizeOf(value))
    }
    for (const [key, at] of past.expires) if (this.#values.has(key)) this.#expires.set(key, at)
  }

  /** Carries out one command. */
  run(words: readonly string[]): Reply {
    const [name = '', ...args] = words
    const known = commands[name.toLowerCase()]
    this.#commands += 1
    if (!known) {
      const shown = args.map((arg) => `'${arg.slice(0, 128)}' `).join('')
      return { error: `ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${shown}` }
    }
    const [least, run] = known
    if (args.length < least) return { error: `ERR wrong number of arguments for '${name.toLowerCase()}' command` }
    return run(this, args)
  }

  get(key: string): Value | undefined {
    const until = this.#expires.get(key)
    if (until !== undefined && until <= this.#clock.now()) this.delete(key)
    return this.#values.get(key)
  }

  /** @returns an error when it does not fit */
  set(key: string, value: Value, size: number): Reply | undefined {
    if (this.#bytes + size + key.length > mostBytes) return { error: "OOM command not allowed when used memory > 'maxmemory'." }
    this.#bytes += size + key.length
    this.#values.set(key, value)
    return undefined
  }

  delete(key: string): boolean {
    this.#expires.delete(key)
    const there = this.#values.delete(key)
    if (this.#values.size === 0) this.#bytes = 0
    return there
  }

  clear(): void {
    for (const key of [...this.#values.keys()]) this.delete(key)
  }

  keys(): readonly string[] {
    return [...this.#values.keys()].filter((key) => this.get(key) !== undefined)
  }

  expire(key: string, millis: number): boolean {
    if (this.get(key) === undefined) return false
    this.#expires.set(key, this.#clock.now() + millis)
    return true
  }

  /** Milliseconds it has left; undefined when it stays. */
  left(key: string): number | undefined {
    const until = this.#expires.get(key)
    return until === undefined ? undefined : until - this.#clock.now()
  }

  persist(key: string): boolean {
    return this.#expires.delete(key)
  }

  info(): string {
    const keys = this.keys().length
    return [
      '# Server',
      `redis_version:${this.#version}`,
      'redis_mode:standalone',
      'os:Linux 6.12.0 x86_64',
      'tcp_port:6379',
      '',
      '# Clients',
      'connected_clients:1',
      '',
      '# Memory',
      `used_memory:${900_000 + this.#bytes}`,
      'maxmemory:0',
      '',
      '# Stats',
      `total_commands_processed:${this.#commands}`,
      '',
      '# Replication',
      'role:master',
      'connected_slaves:0',
      '',
      '# Keyspace',
      ...(keys > 0 ? [`db0:keys=${keys},expires=${this.#expires.size},avg_ttl=0`] : []),
      '',
    ].join('\r\n')
  }
}

type Handler = (store: RedisStore, args: readonly string[]) => Reply

const text = (store: RedisStore, key: string, then: (value: string | undefined) => Reply): Reply => {
  const value = store.get(key)
  return value === undefined || typeof value === 'string' ? then(value) : wrongType
}

const list = (store: RedisStore, key: string, then: (value: string[]) => Reply): Reply => {
  const value = store.get(key)
  return value === undefined || Array.isArray(value) ? then(value ?? []) : wrongType
}

const hash = (store: RedisStore, key: string, then: (value: Map<string, string>) => Reply): Reply => {
  const value = store.get(key)
  return value === undefined || (value instanceof Map && !(value instanceof Scores)) ? then(value ?? new Map()) : wrongType
}

const members = (store: RedisStore, key: string, then: (value: Set<string>) => Reply): Reply => {
  const value = store.get(key)
  return value === undefined || value instanceof Set ? then(value ?? new Set()) : wrongType
}

const scores = (store: RedisStore, key: string, then: (value: Scores) => Reply): Reply => {
  const value = store.get(key)
  return value === undefined || value instanceof Scores ? then(value ?? new Scores()) : wrongType
}

/** How many of these were there and are not any more; a key with nothing left goes. */
const taken = (store: RedisStore, key: string, value: Set<string> | Map<string, unknown>, names: readonly string[]): number => {
  const gone = names.filter((name) => value.delete(name)).length
  if (value.size === 0) store.delete(key)
  return gone
}

/** Members between two ranks, by score and then by name. */
const ranked = (backwards: boolean): Handler => {
  return (store, [key = '', from, to, ...options]) =>
    scores(store, key, (value) => {
      const up = [...value].toSorted(([a, one], [b, other]) => one - other || (a < b ? -1 : 1))
      const rows = backwards || options.some((option) => option.toUpperCase() === 'REV') ? up.toReversed() : up
      const end = Number(to)
      const chosen = rows.slice(Number(from), end < 0 ? rows.length + end + 1 : end + 1)
      const withScores = options.some((option) => option.toUpperCase() === 'WITHSCORES')
      return chosen.flatMap(([name, score]) => (withScores ? [name, String(score)] : [name]))
    })
}

const add = (by: (arg: string | undefined) => number): Handler => {
  return (store, [key = '', arg]) =>
    text(store, key, (value) => {
      const next = Number(value ?? 0) + by(arg)
      if (!Number.isSafeInteger(next)) return notInteger
      return store.set(key, String(next), value === undefined ? 16 : 0) ?? next
    })
}

const push = (front: boolean): Handler => {
  return (store, [key = '', ...items]) =>
    list(store, key, (value) => {
      for (const item of items)
        if (front) value.unshift(item)
        else value.push(item)
      return store.set(key, value, items.join('').length) ?? value.length
    })
}

const pop = (front: boolean): Handler => {
  return (store, [key = '']) =>
    list(store, key, (value) => {
      const item = front ? value.shift() : value.pop()
      if (value.length === 0) store.delete(key)
      return item ?? null
    })
}

const expire = (unit: number): Handler => {
  return (store, [key = '', amount]) => (Number.isFinite(Number(amount)) ? Number(store.expire(key, Number(amount) * unit)) : notInteger)
}

const left = (unit: number): Handler => {
  return (store, [key = '']) => {
    if (store.get(key) === undefined) return -2
    const millis = store.left(key)
    return millis === undefined ? -1 : Math.ceil(millis / unit)
  }
}

const set: Handler = (store, [key = '', value = '', ...options]) => {
  const named = options.map((option) => option.toUpperCase())
  const there = store.get(key) !== undefined
  if ((named.includes('NX') && there) || (named.includes('XX') && !there)) return null
  store.delete(key)
  const full = store.set(key, value, value.length)
  if (full) return full
  const at = named.findIndex((name) => name === 'EX' || name === 'PX')
  if (at >= 0) store.expire(key, Number(options[at + 1]) * (named[at] === 'EX' ? 1000 : 1))
  return ok
}

/** `*`, `?` of KEYS as an expression; the rest is literal. */
const matcher = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .slice(0, 256)
      .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll(/\*+/g, '.*')
      .replaceAll('?', '.')}$`,
    's',
  )

const kindOf = (value: Value): string =>
  typeof value === 'string'
    ? 'string'
    : Array.isArray(value)
      ? 'list'
      : value instanceof Scores
        ? 'zset'
        : value instanceof Set
          ? 'set'
          : 'hash'

/** The least number of arguments, and what it does. */
const commands: Readonly<Record<string, readonly [least: number, run: Handler]>> = {
  ping: [0, (_, [word]) => word ?? { word: 'PONG' }],
  echo: [1, (_, [word = '']) => word],
  select: [1, () => ok],
  auth: [
    1,
    () => ({
      error: 'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    }),
  ],
  hello: [0, () => ({ error: 'NOPROTO unsupported protocol version' })],
  command: [0, () => []],
  client: [0, () => ok],
  config: [1, (_, [verb = '', name = '']) => (verb.toLowerCase() === 'get' ? (name === 'maxmemory' ? ['maxmemory', '0'] : []) : ok)],
  info: [0, (store) => store.info()],
  time: [0, () => ['0', '0']],
  dbsize: [0, (store) => store.keys().length],
  flushall: [0, (store) => (store.clear(), ok)],
  flushdb: [0, (store) => (store.clear(), ok)],
  keys: [1, (store, [pattern = '*']) => store.keys().filter((key) => matcher(pattern).test(key))],
  scan: [1, (store) => ['0', store.keys()]],
  get: [1, (store, [key = '']) => text(store, key, (value) => value ?? null)],
  set: [2, set],
  setnx: [2, (store, [key = '', value = '']) => (store.get(key) === undefined ? (store.set(key, value, value.length) ?? 1) : 0)],
  setex: [3, (store, [key = '', seconds = '', value = '']) => set(store, [key, value, 'EX', seconds])],
  mget: [1, (store, keys) => keys.map((key) => text(store, key, (value) => value ?? null))],
  append: [
    2,
    (store, [key = '', more = '']) =>
      text(store, key, (value) => store.set(key, (value ?? '') + more, more.length) ?? (value ?? '').length + more.length),
  ],
  strlen: [1, (store, [key = '']) => text(store, key, (value) => (value ?? '').length)],
  del: [1, (store, keys) => keys.filter((key) => store.delete(key)).length],
  exists: [1, (store, keys) => keys.filter((key) => store.get(key) !== undefined).length],
  type: [
    1,
    (store, [key = '']) => {
      const value = store.get(key)
      return { word: value === undefined ? 'none' : kindOf(value) }
    },
  ],
  incr: [1, add(() => 1)],
  decr: [1, add(() => -1)],
  incrby: [2, add(Number)],
  decrby: [2, add((arg) => -Number(arg))],
  expire: [2, expire(1000)],
  pexpire: [2, expire(1)],
  ttl: [1, left(1000)],
  pttl: [1, left(1)],
  persist: [1, (store, [key = '']) => Number(store.persist(key))],
  lpush: [2, push(true)],
  rpush: [2, push(false)],
  lpop: [1, pop(true)],
  rpop: [1, pop(false)],
  llen: [1, (store, [key = '']) => list(store, key, (value) => value.length)],
  lrange: [
    3,
    (store, [key = '', from, to]) =>
      list(store, key, (value) => {
        const end = Number(to)
        return value.slice(Number(from), end < 0 ? value.length + end + 1 : end + 1)
      }),
  ],
  hset: [
    3,
    (store, [key = '', ...pairs]) =>
      hash(store, key, (value) => {
        const before = value.size
        for (let at = 0; at + 1 < pairs.length; at += 2) value.set(pairs[at] ?? '', pairs[at + 1] ?? '')
        return store.set(key, value, pairs.join('').length) ?? value.size - before
      }),
  ],
  hget: [2, (store, [key = '', field = '']) => hash(store, key, (value) => value.get(field) ?? null)],
  hgetall: [1, (store, [key = '']) => hash(store, key, (value) => [...value].flat())],
  hdel: [2, (store, [key = '', ...fields]) => hash(store, key, (value) => fields.filter((field) => value.delete(field)).length)],
  hexists: [2, (store, [key = '', field = '']) => hash(store, key, (value) => Number(value.has(field)))],
  hkeys: [1, (store, [key = '']) => hash(store, key, (value) => [...value.keys()])],
  hvals: [1, (store, [key = '']) => hash(store, key, (value) => [...value.values()])],
  hlen: [1, (store, [key = '']) => hash(store, key, (value) => value.size)],
  hmget: [2, (store, [key = '', ...fields]) => hash(store, key, (value) => fields.map((field) => value.get(field) ?? null))],
  hincrby: [
    3,
    (store, [key = '', field = '', by]) =>
      hash(store, key, (value) => {
        const next = Number(value.get(field) ?? 0) + Number(by)
        if (!Number.isSafeInteger(next)) return { error: 'ERR hash value is not an integer' }
        value.set(field, String(next))
        return store.set(key, value, field.length + 8) ?? next
      }),
  ],
  sadd: [
    2,
    (store, [key = '', ...names]) =>
      members(store, key, (value) => {
        const before = value.size
        for (const name of names) value.add(name)
        return store.set(key, value, names.join('').length) ?? value.size - before
      }),
  ],
  srem: [2, (store, [key = '', ...names]) => members(store, key, (value) => taken(store, key, value, names))],
  smembers: [1, (store, [key = '']) => members(store, key, (value) => [...value])],
  scard: [1, (store, [key = '']) => members(store, key, (value) => value.size)],
  sismember: [2, (store, [key = '', name = '']) => members(store, key, (value) => Number(value.has(name)))],
  zadd: [
    3,
    (store, [key = '', ...pairs]) =>
      scores(store, key, (value) => {
        const before = value.size
        for (let at = 0; at + 1 < pairs.length; at += 2) {
          if (Number.isNaN(Number(pairs[at]))) return { error: 'ERR value is not a valid float' }
          value.set(pairs[at + 1] ?? '', Number(pairs[at]))
        }
        return store.set(key, value, pairs.join('').length) ?? value.size - before
      }),
  ],
  zincrby: [
    3,
    (store, [key = '', by, name = '']) =>
      scores(store, key, (value) => {
        const next = (value.get(name) ?? 0) + Number(by)
        if (Number.isNaN(next)) return { error: 'ERR value is not a valid float' }
        value.set(name, next)
        return store.set(key, value, name.length + 8) ?? String(next)
      }),
  ],
  zscore: [
    2,
    (store, [key = '', name = '']) =>
      scores(store, key, (value) => {
        const score = value.get(name)
        return score === undefined ? null : String(score)
      }),
  ],
  zrem: [2, (store, [key = '', ...names]) => scores(store, key, (value) => taken(store, key, value, names))],
  zcard: [1, (store, [key = '']) => scores(store, key, (value) => value.size)],
  zrange: [3, ranked(false)],
  zrevrange: [3, ranked(true)],
  lindex: [2, (store, [key = '', at]) => list(store, key, (value) => value.at(Number(at)) ?? null)],
  getset: [2, (store, [key = '', next = '']) => text(store, key, (value) => store.set(key, next, next.length) ?? value ?? null)],
  getdel: [
    1,
    (store, [key = '']) =>
      text(store, key, (value) => {
        store.delete(key)
        return value ?? null
      }),
  ],
  rename: [
    2,
    (store, [from = '', to = '']) => {
      const value = store.get(from)
      if (value === undefined) return { error: 'ERR no such key' }
      store.delete(from)
      return store.set(to, value, sizeOf(value)) ?? ok
    },
  ],
  publish: [2, () => 0],
  save: [
    0,
    (store) => {
      store.save()
      return ok
    },
  ],
  bgsave: [
    0,
    (store) => {
      store.save()
      return { word: 'Background saving started' }
    },
  ],
}
