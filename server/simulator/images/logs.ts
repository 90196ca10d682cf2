import type { Clock } from '../../kernel/clock.ts'
import type { LogOptions, LogSource } from '../kubelet/runtime.ts'
import type { FlowLine } from './flow-lines.ts'
import type { ProgramDocument } from './schema.ts'
import { fillTemplate } from './log-template.ts'
import { noise } from './seeded.ts'

export interface LogRecord {
  readonly millis: number
  /** Complete, with its newline unless the process ended in the middle of a line. */
  readonly text: string
}

/** What is kept of what a container writes, as the kubelet rotates its files (containerLogMaxSize). */
const mostRecords = 20_000
const mostCharacters = 4_000_000
/** Computed lines shown at most, of each kind. */
const mostComputed = 5000
/** So many changes of the steady load are remembered. */
const mostFlows = 60

/** What the steady load wrote between two changes of it. */
export interface FlowSegment {
  readonly cause: 'load' | 'faults'
  readonly from: number
  to: number | undefined
  readonly lines: readonly FlowLine[]
}

/** A container's log: what it wrote, and what its image says it writes while nobody looks, computed when asked. */
export class ContainerLog implements LogSource {
  readonly #clock: Clock
  readonly #seed: string
  readonly #fields: () => Readonly<Record<string, string>>
  #records: LogRecord[] = []
  #characters = 0
  #partial = ''
  #program: ProgramDocument | undefined
  #startedAt = 0
  #endedAt: number | undefined
  #flows: FlowSegment[] = []
  readonly #followers = new Set<{
    readonly line: (record: LogRecord) => void
    readonly ended: () => void
    readonly again: () => void
  }>()

  constructor(clock: Clock, seed: string, fields: () => Readonly<Record<string, string>>) {
    this.#clock = clock
    this.#seed = seed
    this.#fields = fields
  }

  /** From now on the program's templates say what is in the log. */
  begin(program: ProgramDocument | undefined, startedAt = this.#clock.now()): void {
    this.#program = program
    this.#startedAt = startedAt
  }

  /** From now on the load, or what is wrong with nodes, makes it write these. */
  flow(lines: readonly FlowLine[], cause: FlowSegment['cause'] = 'load'): void {
    const now = this.#clock.now()
    for (const each of this.#flows) if (each.cause === cause) each.to ??= now
    if (lines.length > 0) this.#flows.push({ cause, from: now, to: undefined, lines })
    if (this.#flows.length > mostFlows) this.#flows.shift()
    for (const follower of [...this.#followers]) follower.again()
  }

  /** What has been written, without what the templates say. */
  past(): readonly LogRecord[] {
    return this.#partial === '' ? [...this.#records] : [...this.#records, { millis: this.#clock.now(), text: this.#partial }]
  }

  /** What the load has made it write up to now. */
  flowed(): readonly FlowSegment[] {
    const now = this.#endedAt ?? this.#clock.now()
    return this.#flows.filter(({ cause, from }) => cause === 'load' && from < now).map((each) => ({ ...each, to: each.to ?? now }))
  }

  /** Begins with what was written before. */
  resume(records: readonly LogRecord[], flows: readonly FlowSegment[] = []): void {
    this.#flows = flows.map((each) => ({ ...each }))
    this.#records = [...records]
    this.#characters = records.reduce((sum, each) => sum + each.text.length, 0)
  }

  /** Nothing more comes. */
  end(at = this.#clock.now()): void {
    if (this.#endedAt !== undefined) return
    if (this.#partial !== '') this.#add(this.#partial)
    this.#partial = ''
    this.#endedAt = at
    for (const each of this.#flows) each.to ??= at
    for (const follower of [...this.#followers]) follower.ended()
    this.#followers.clear()
  }

  /** What the main process prints. */
  write(text: string): void {
    if (this.#endedAt !== undefined) return
    const lines = (this.#partial + text).split('\n')
    this.#partial = lines.pop() ?? ''
    for (const line of lines) this.#add(`${line}\n`)
    // As the kubelet's log format splits very long lines.
    if (this.#partial.length > 16_384) {
      this.#add(this.#partial)
      this.#partial = ''
    }
  }

  /** A line from a template, now. */
  say(template: string, fields: Readonly<Record<string, string>> = {}): void {
    const values = { millis: this.#clock.now(), seed: this.#seed, index: this.#records.length, fields: { ...this.#fields(), ...fields } }
    this.write(`${fillTemplate(template, values)}\n`)
  }

  #add(text: string): void {
    const record = { millis: this.#clock.now(), text }
    this.#records.push(record)
    this.#characters += text.length
    if (this.#records.length > mostRecords || this.#characters > mostCharacters) {
      const dropped = this.#records.splice(0, Math.ceil(this.#records.length / 2))
      this.#characters -= dropped.reduce((sum, each) => sum + each.text.length, 0)
    }
    for (const follower of [...this.#followers]) follower.line(record)
  }

  read(options: LogOptions): string {
    return this.#shown(this.#all(), options)
  }

  follow(options: LogOptions, write: (text: string) => void, ended: () => void): () => void {
    const first = this.read(options)
    if (first !== '') write(first)
    if (this.#endedAt !== undefined) {
      ended()
      return () => {}
    }
    const show = (record: LogRecord) => write(this.#line(record, options.timestamps))
    let until = this.#clock.now()
    let cancel = () => {}
    const wait = () => {
      cancel()
      const due = this.#next(until)
      if (due === undefined) return
      cancel = this.#clock.after(Math.max(due - this.#clock.now(), 0), () => {
        const now = this.#clock.now()
        for (const record of this.#computed(until, now)) show(record)
        until = now
        wait()
      })
    }
    const follower = {
      line: show,
      again: wait,
      ended: () => {
        cancel()
        ended()
      },
    }
    this.#followers.add(follower)
    wait()
    return () => {
      cancel()
      this.#followers.delete(follower)
    }
  }

  #all(): LogRecord[] {
    const computed = this.#computed(-Infinity, this.#endedAt ?? this.#clock.now())
    const partial = this.#partial === '' ? [] : [{ millis: this.#clock.now(), text: this.#partial }]
    if (computed.length === 0) return [...this.#records, ...partial]
    return [...computed, ...this.#records, ...partial].toSorted((a, b) => a.millis - b.millis)
  }

  /** The template lines after `from`, up to `to`. */
  #computed(from: number, to: number): LogRecord[] {
    const records: LogRecord[] = [...this.#flowed(from, to)]
    const program = this.#program
    if (!program) return records
    for (const [index, line] of program.logs.start.entries()) {
      const millis = this.#startedAt + line.at * 1000
      if (millis > from && millis <= to) records.push(...this.#filled(line.text, millis, index))
    }
    for (const [series, line] of program.logs.repeat.entries()) {
      const last = Math.floor((to - this.#startedAt) / (line.every * 1000)) + 1
      const begin = from === -Infinity ? 1 : Math.max(1, Math.floor((from - this.#startedAt) / (line.every * 1000)) - 1)
      for (let index = Math.max(begin, last - mostComputed); index <= last; index++) {
        const millis = this.#due(series, line.every, line.jitter, index)
        if (millis > from && millis <= to) records.push(...this.#filled(line.text, millis, 1000 * (series + 1) + index))
      }
    }
    return records.toSorted((a, b) => a.millis - b.millis)
  }

  #flowed(from: number, to: number): LogRecord[] {
    return this.#flows.flatMap((segment) => {
      const [begin, end] = [Math.max(from, segment.from), Math.min(to, segment.to ?? Infinity)]
      if (end <= begin) return []
      return segment.lines.flatMap((line, series) => {
        if (line.after !== undefined && segment.from + line.after * 1000 > end) return []
        const last = line.after !== undefined ? 0 : Math.floor(((end - segment.from) / 1000) * line.rate) + 1
        const first =
          line.after !== undefined ? 0 : Math.max(0, Math.floor(((begin - segment.from) / 1000) * line.rate) - 1, last - mostComputed)
        return Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap((index) => {
          const millis = line.after !== undefined ? segment.from + line.after * 1000 + 1 : this.#flowDue(segment, line, series, index)
          if (millis <= from || millis <= segment.from || millis > end) return []
          const seed = `${this.#seed}/${segment.from}/${segment.cause}/${series}`
          const took = line.millis * (0.6 + 1.2 * noise(`${seed}/took`, index) ** 3)
          const fields = { ...this.#fields(), ...line.fields, millis: took.toFixed(1), seconds: (took / 1000).toFixed(4) }
          const filled = fillTemplate(line.template, { millis, seed, index, fields })
          return filled.split('\n').map((text) => ({ millis, text: `${text}\n` }))
        })
      })
    })
  }

  /** When the line of this index comes: evenly, but not to the millisecond. */
  #flowDue(segment: FlowSegment, line: FlowLine, series: number, index: number): number {
    return Math.round(
      segment.from + ((index + noise(`${this.#seed}/${segment.from}/${segment.cause}/${series}`, index)) / line.rate) * 1000,
    )
  }

  #due(series: number, every: number, jitter: number, index: number): number {
    return Math.round(this.#startedAt + every * 1000 * (index + jitter * noise(`${this.#seed}/${series}`, index)))
  }

  #next(after: number): number | undefined {
    const program = this.#program
    const due = (program?.logs.start ?? []).map((line) => this.#startedAt + line.at * 1000)
    for (const segment of this.#flows.filter(({ to }) => to === undefined)) {
      for (const [series, line] of segment.lines.entries()) {
        if (line.after !== undefined) {
          due.push(segment.from + line.after * 1000 + 1)
          continue
        }
        const index = Math.max(0, Math.floor(((after - segment.from) / 1000) * line.rate) - 1)
        for (let step = index; step <= index + 3; step++) due.push(this.#flowDue(segment, line, series, step))
      }
    }
    for (const [series, line] of (program?.logs.repeat ?? []).entries()) {
      const index = Math.max(1, Math.floor((after - this.#startedAt) / (line.every * 1000)) - 1)
      for (let step = index; step <= index + 4; step++) due.push(this.#due(series, line.every, line.jitter, step))
    }
    const coming = due.filter((millis) => millis > after)
    return coming.length > 0 ? Math.min(...coming) : undefined
  }

  /** A template may hold several lines, written together. */
  #filled(template: string, millis: number, index: number): LogRecord[] {
    const filled = fillTemplate(template, { millis, seed: this.#seed, index, fields: this.#fields() })
    return filled.split('\n').map((line) => ({ millis, text: `${line}\n` }))
  }

  #line(record: LogRecord, timestamps: boolean): string {
    if (!timestamps) return record.text
    const nanos = String(Math.floor(noise(this.#seed, record.millis % 100_000) * 1_000_000)).padStart(6, '0')
    return `${new Date(record.millis).toISOString().slice(0, 23)}${nanos}Z ${record.text}`
  }

  #shown(records: readonly LogRecord[], options: LogOptions): string {
    const { sinceMillis, tailLines, limitBytes } = options
    // `sinceMillis` says how far back to look.
    const from = this.#clock.now() - (sinceMillis ?? Infinity)
    let chosen = records.filter((record) => record.millis >= from)
    if (tailLines !== undefined) chosen = tailLines > 0 ? chosen.slice(-tailLines) : []
    const text = chosen.map((record) => this.#line(record, options.timestamps)).join('')
    return limitBytes === undefined ? text : text.slice(0, limitBytes)
  }
}
