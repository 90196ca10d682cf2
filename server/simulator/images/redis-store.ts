import type { Clock } from '../../kernel/clock.ts'

/** A reply of Redis: text, a number, nothing, a list, a word (`OK`) or an error. */
export type Reply = string | number | null | readonly Reply[] | { readonly word: string } | { readonly error: string }

type Value = string | string[] | Map<string, string>

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

  constructor(clock: Clock, version: string) {
    this.#clock = clock
    this.#version = version
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
  return value === undefined || value instanceof Map ? then(value ?? new Map()) : wrongType
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
      return { word: value === undefined ? 'none' : typeof value === 'string' ? 'string' : Array.isArray(value) ? 'list' : 'hash' }
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
  publish: [2, () => 0],
  save: [0, () => ok],
  bgsave: [0, () => ({ word: 'Background saving started' })],
}
