import { writeSync } from 'node:fs'

/** The most that waits for a program that does not read what is typed, in bytes. */
const MOST_WAITING = 1024 * 1024
/** A program that was busy reads on when it can; nobody tells us, so it is tried again. */
const AGAIN_MILLIS = 15

/**
 * Writes into a pseudo terminal without ever waiting for it. A program that does not read makes its terminal take nothing
 * more after a few kilobytes, and the stream that node-pty writes to would then hold up this whole process until it does.
 */
export class PtyInput {
  readonly #fd: number
  readonly #isOpen: () => boolean
  readonly #waiting: Buffer[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  /** @param fd non-blocking @param isOpen whether `fd` is still the terminal's: its number is given away once it is closed */
  constructor(fd: number, isOpen: () => boolean) {
    this.#fd = fd
    this.#isOpen = isOpen
  }

  /** @returns false when so much waits already that this was dropped */
  write(data: string): boolean {
    // Ctrl-C: what has not been read by now is not meant any more, and must not be in its way.
    if (data === '\x03') this.end()
    const bytes = Buffer.from(data)
    if (this.#bytes + bytes.length > MOST_WAITING) return false
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    if (this.#timer === undefined) this.#drain()
    return true
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting.length = 0
    this.#bytes = 0
  }

  #drain(): void {
    this.#timer = undefined
    if (!this.#isOpen()) return this.end()
    try {
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        const written = writeSync(this.#fd, next)
        this.#bytes -= written
        if (written === next.length) this.#waiting.shift()
        else this.#waiting[0] = next.subarray(written)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') this.#timer = setTimeout(() => this.#drain(), AGAIN_MILLIS)
      // The program has gone: there is nobody to type to.
      else this.end()
    }
  }
}
