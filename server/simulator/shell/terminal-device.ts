import { signals } from './processes.ts'
import type { Process } from './processes.ts'
import { Pipe } from './streams.ts'
import type { Input, Output } from './streams.ts'

/** What `key` says when the terminal has changed its size. */
export const resized = 'resized'

/** Escape sequences, Escape and a character for Alt, or one character. */
const keyWithMeta = /^(?:\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z]|[^[O]|$)|[^])/u
/** Without Alt: Escape is a key of its own. */
const plainKey = /^(?:\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[^])/u

/** The far side of a pseudo-terminal: keys come in, screen text goes out. */
export class Terminal implements Input {
  readonly tty = true
  columns = 80
  rows = 24
  /** What Ctrl-C, Ctrl-Z and Ctrl-\ do now. */
  onInterrupt: () => void = () => {}
  onSuspend: () => void = () => {}
  onQuit: () => void = () => {}
  onResize: () => void = () => {}
  /** `stty -echo`: what is typed does not show. */
  echo = true
  /** Every key is handed on at once, without waiting for a line's end. */
  immediate = false
  /** Escape before a character means Alt. */
  meta = true
  readonly output: Output
  readonly #screen: (text: string) => void
  #mode: 'cooked' | 'keys' = 'cooked'
  #line = ''
  #lines = new Pipe()
  #keys = ''
  #resized = false
  readonly #waiting = new Set<() => void>()
  #ended = false

  /** @param ready what to wait for while the person's connection lags behind */
  constructor(screen: (text: string) => void, ready?: Output['ready']) {
    this.#screen = screen
    this.output = { tty: true, write: (text) => this.#screen(text.replaceAll(/\r?\n/g, '\r\n')), ...(ready ? { ready } : {}) }
  }

  /** What the person typed. */
  feed(text: string): void {
    if (this.#mode === 'keys') {
      this.#keys += text
      this.#wake()
      return
    }
    for (const key of text) this.#cook(key)
  }

  resize(columns: number, rows: number): void {
    if (columns === this.columns && rows === this.rows) return
    this.columns = columns
    this.rows = rows
    this.#resized = true
    this.onResize()
    this.#wake()
  }

  /** The person has gone. */
  hangUp(): void {
    this.#ended = true
    this.#lines.end()
    this.#wake()
  }

  /** The line discipline while a program runs (termios(3), canonical mode). */
  #cook(key: string): void {
    if (key === '\u0003') this.#signal('^C', this.onInterrupt)
    else if (key === '\u001c') this.#signal('^\\', this.onQuit)
    else if (key === '\u001a') this.#signal('^Z', this.onSuspend)
    else if (key === '\u0004') {
      if (this.#line === '') this.#lines.end()
      else this.#submit('')
    } else if (this.immediate) this.#lines.write(key === '\r' ? '\n' : key)
    else if (key === '\r' || key === '\n') {
      this.#screen('\r\n')
      this.#submit('\n')
    } else if (key === '\u007f' || key === '\b') {
      if (this.#line !== '' && this.echo) this.#screen('\b \b')
      this.#line = this.#line.slice(0, -1)
    } else if (key === '\u0015') {
      if (this.echo) this.#screen('\b \b'.repeat(this.#line.length))
      this.#line = ''
    } else if (key === '\u0017') {
      const left = this.#line.replace(/\S+\s*$/, '')
      if (this.echo) this.#screen('\b \b'.repeat(this.#line.length - left.length))
      this.#line = left
    } else if (key >= ' ' || key === '\t') {
      this.#line += key
      if (this.echo) this.#screen(key)
    }
  }

  #signal(shown: string, act: () => void): void {
    this.#line = ''
    this.#screen(shown)
    act()
  }

  #submit(end: string): void {
    this.#lines.write(this.#line + end)
    this.#line = ''
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resume of waiting) resume()
  }

  async read(process: Process): Promise<string | undefined> {
    // A job in the background that reads from the terminal is stopped (SIGTTIN).
    if (process.background) {
      process.signal(signals.TTIN)
      await process.breathe()
    }
    const text = await this.#lines.read(process)
    // Ctrl-D ends one read, not the terminal.
    if (text === undefined && !this.#ended) this.#lines = new Pipe()
    return text
  }

  unread(text: string): void {
    this.#lines.unread(text)
  }

  /**
   * Keys one by one, for the line editor and full-screen programs. What was typed ahead comes first.
   * @param options `millis`: give up waiting then and say `''`; `sizes`: say `resized` when the size changes
   * @returns undefined when the person has gone
   */
  async key(process: Process, options: { readonly millis?: number; readonly sizes?: boolean } = {}): Promise<string | undefined> {
    if (!options.sizes) this.#resized = false
    let late = false
    while (this.#keys === '') {
      if (this.#ended) return undefined
      if (this.#resized && options.sizes) {
        this.#resized = false
        return resized
      }
      if (late) return ''
      await process.wait((resume) => {
        this.#waiting.add(resume)
        const { millis } = options
        const cancel =
          millis === undefined
            ? undefined
            : process.after(millis, () => {
                late = true
                resume()
              })
        return () => {
          this.#waiting.delete(resume)
          cancel?.()
        }
      })
    }
    const key = (this.meta ? keyWithMeta : plainKey).exec(this.#keys)?.[0] ?? this.#keys.charAt(0)
    this.#keys = this.#keys.slice(key.length)
    return key
  }

  /** Straight to the screen, without the newline translation. */
  screen(text: string): void {
    this.#screen(text)
  }

  /** Switches between editing a line and running a program. */
  mode(mode: 'cooked' | 'keys'): void {
    if (mode === this.#mode) return
    this.#mode = mode
    if (mode === 'keys') {
      this.#keys += this.#line
      this.#line = ''
      return
    }
    const ahead = this.#keys
    this.#keys = ''
    this.#lines = new Pipe()
    for (const key of ahead) this.#cook(key)
  }

  /** Takes back whole lines that no program has read: they were typed ahead for the prompt. */
  async reclaim(process: Process): Promise<void> {
    const left = this.#lines
    this.#lines = new Pipe()
    left.end()
    const text = await left.read(process)
    if (text) this.#keys = text.replaceAll('\n', '\r') + this.#keys
  }
}
