import type { ContainerRuntime, PullOutcome } from './runtime.ts'
import { fullImageName } from './status.ts'

type Pulled = Extract<PullOutcome, { ok: true }>

/** What getting an image came to, with the time it took as the events tell it. */
export type Fetched =
  | {
      readonly ok: true
      readonly present: boolean
      readonly imageId: string
      readonly bytes: number
      readonly millis: number
      readonly waitedMillis: number
    }
  | { readonly ok: false; readonly message: string }

/** Asking the registry whether the tag has moved, for an image that is there already. */
const recheckMillis = 400

/** One node's images: each is pulled once, and those who want it meanwhile wait for that pull. */
export class ImageStore {
  readonly #runtime: ContainerRuntime
  readonly #present = new Map<string, Pulled>()
  readonly #pulling = new Map<string, number>()

  readonly #missing: (image: string) => boolean

  /** @param missing whether the registry has lost an image on purpose */
  constructor(runtime: ContainerRuntime, missing: (image: string) => boolean) {
    this.#runtime = runtime
    this.#missing = missing
  }

  has(image: string): boolean {
    return this.#present.has(image)
  }

  /** Whether an image that is here runs as root unless told otherwise. */
  runsAsRoot(image: string): boolean {
    return this.#present.get(image)?.root ?? false
  }

  /** Has an image without having pulled it: it came with the node. */
  preload(image: string): void {
    const outcome = this.#runtime.pull(image)
    if (outcome.ok) this.#present.set(image, outcome)
  }

  /**
   * Gets an image. `pulling` is called at once when the registry has to be asked.
   * @param wait calls back after so many milliseconds
   */
  fetch(
    image: string,
    policy: string,
    now: () => number,
    wait: (millis: number, then: () => void) => void,
    pulling: () => void,
    done: (fetched: Fetched) => void,
  ): void {
    const present = this.#present.get(image)
    if (present && policy !== 'Always') {
      done({ ok: true, present: true, imageId: present.imageId, bytes: present.bytes, millis: 0, waitedMillis: 0 })
      return
    }
    if (policy === 'Never') {
      done({ ok: false, message: `Container image "${image}" is not present with pull policy of Never` })
      return
    }
    pulling()
    const outcome = this.#missing(image) ? gone(image) : this.#runtime.pull(image)
    const started = now()
    const millis = present ? Math.min(recheckMillis, outcome.millis) : outcome.millis
    const ends = Math.max(this.#pulling.get(image) ?? 0, started + millis)
    this.#pulling.set(image, ends)
    wait(ends - started, () => {
      if (!outcome.ok) {
        done({ ok: false, message: outcome.message })
        return
      }
      this.#present.set(image, outcome)
      done({ ok: true, present: false, imageId: outcome.imageId, bytes: outcome.bytes, millis, waitedMillis: now() - started })
    })
  }
}

/** What containerd says when the registry knows the repository but not the tag. */
function gone(image: string): PullOutcome {
  const full = fullImageName(image)
  const message = `failed to pull and unpack image "${full}": failed to resolve reference "${full}": ${full}: not found`
  return { ok: false, millis: 900, message }
}

/** A duration as Go prints it: `812ms`, `1.204s`, `1m3.5s`. */
export function goDuration(millis: number): string {
  if (millis < 1000) return `${Math.round(millis)}ms`
  const minutes = Math.floor(millis / 60_000)
  const seconds = Number(((millis % 60_000) / 1000).toFixed(3))
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}
