import { signal } from '@preact/signals'

export const SPEEDS = [0.5, 1, 1.5, 2, 4] as const

/** Where playing is, and how fast. Times are milliseconds since the epoch, as in the log. */
export class Player {
  readonly time
  readonly playing = signal(false)
  readonly speed = signal<number>(1)
  readonly from: number
  readonly to: number
  #frame = 0
  #last = 0

  constructor(from: number, to: number) {
    this.from = from
    this.to = Math.max(to, from + 1000)
    this.time = signal(from)
  }

  toggle(): void {
    if (this.playing.value) this.pause()
    else this.play()
  }

  play(): void {
    if (this.time.value >= this.to) this.time.value = this.from
    this.playing.value = true
    this.#last = performance.now()
    this.#frame = requestAnimationFrame(this.#tick)
  }

  pause(): void {
    this.playing.value = false
    cancelAnimationFrame(this.#frame)
  }

  seek(time: number): void {
    this.time.value = Math.min(this.to, Math.max(this.from, time))
  }

  readonly #tick = (now: number): void => {
    const next = this.time.value + (now - this.#last) * this.speed.value
    this.#last = now
    this.time.value = Math.min(next, this.to)
    if (next >= this.to) return this.pause()
    this.#frame = requestAnimationFrame(this.#tick)
  }
}

/** A time within a recording, as people write it. */
export function clockOf(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const rest = `${hours > 0 ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
