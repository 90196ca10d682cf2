import type { Process } from './processes.ts'

/** Where a process's text goes. */
export interface Output {
  /** @throws BrokenPipe when nobody reads any more */
  write(text: string): void
  /** Defined while the reader lags behind: what to wait for before writing more. */
  ready?(process: Process): Promise<void> | undefined
  readonly tty?: boolean
}

/** Where a process's text comes from. */
export interface Input {
  /** The next chunk, or undefined at the end. @throws Killed when `process` is killed while it waits */
  read(process: Process): Promise<string | undefined>
  /** Gives back what was read too much. */
  unread(text: string): void
  readonly tty?: boolean
}

export interface Io {
  readonly in: Input
  readonly out: Output
  readonly err: Output
  /** What is open beside the three, by number. */
  readonly more?: ReadonlyMap<number, { readonly in?: Input; readonly out?: Output }>
}

/** The reader of a pipe has gone: what SIGPIPE says. */
export class BrokenPipe extends Error {}

/** As a Linux pipe: a writer waits when this much is unread. */
const pipeCapacity = 65_536

/** Text written at one end and read at the other. */
export class Pipe implements Input, Output {
  #chunks: string[] = []
  #size = 0
  #ended = false
  #broken = false
  readonly #readers: (() => void)[] = []
  readonly #writers: (() => void)[] = []

  /** How much is unread. */
  get size(): number {
    return this.#size
  }

  /** Whether its reader has gone. */
  get broken(): boolean {
    return this.#broken
  }

  write(text: string): void {
    if (this.#broken) throw new BrokenPipe()
    if (this.#ended || text === '') return
    this.#chunks.push(text)
    this.#size += text.length
    wake(this.#readers)
  }

  ready(process: Process): Promise<void> | undefined {
    if (this.#size < pipeCapacity || this.#broken) return undefined
    return process.wait((resume) => listen(this.#writers, resume))
  }

  /** The writer has nothing more to say. */
  end(): void {
    this.#ended = true
    wake(this.#readers)
  }

  /** The reader has gone. */
  break(): void {
    this.#broken = true
    this.#chunks = []
    this.#size = 0
    wake(this.#writers)
  }

  async read(process: Process): Promise<string | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#ended || this.#broken) return undefined
      await process.wait((resume) => listen(this.#readers, resume))
    }
    const text = this.#chunks.join('')
    this.#chunks = []
    this.#size = 0
    wake(this.#writers)
    return text
  }

  unread(text: string): void {
    if (text === '') return
    this.#chunks.unshift(text)
    this.#size += text.length
  }
}

function listen(waiting: (() => void)[], resume: () => void): () => void {
  waiting.push(resume)
  return () => {
    const index = waiting.indexOf(resume)
    if (index >= 0) waiting.splice(index, 1)
  }
}

function wake(waiting: (() => void)[]): void {
  for (const resume of waiting.splice(0)) resume()
}

/** An input that says `text` and ends. */
export function inputOf(text: string): Input {
  let rest: string | undefined = text === '' ? undefined : text
  return {
    read() {
      const next = rest
      rest = undefined
      return Promise.resolve(next)
    },
    unread(back) {
      rest = back + (rest ?? '')
    },
  }
}

/** An output that keeps what it is told, up to `limit` characters. */
export class Collector implements Output {
  #text = ''
  readonly #limit: number

  constructor(limit = 4_000_000) {
    this.#limit = limit
  }

  write(text: string): void {
    if (this.#text.length < this.#limit) this.#text += text
  }

  get text(): string {
    return this.#text
  }
}

export const nothing: Output = { write() {} }
