import type { Mount } from '../kubelet/runtime.ts'
import type { Entry } from './files.ts'

type Projected = Extract<Mount['volume'], { kind: 'projected' }>

export interface ViewParts {
  readonly now: () => number
  /** The pod's `fsGroup`. */
  readonly gid: number | undefined
  readonly subPath: string | undefined
}

const stamped = /^\.\.\d{4}_/

/**
 * A ConfigMap's, Secret's, projected or downward API volume as the kubelet lays it out: files in a folder named after the
 * time, `..data` a link to that folder, and names that are links through `..data`, so that all files change at once.
 * Mounted with a subPath it is one file or folder, which stays as it was (pkg/volume/util/atomic_writer.go).
 */
export class ProjectedView {
  readonly #volume: Projected
  readonly #parts: ViewParts
  readonly #frozen: ReadonlyMap<string, string> | undefined
  #seen: ReadonlyMap<string, string> = new Map()
  #since: number

  constructor(volume: Projected, parts: ViewParts) {
    this.#volume = volume
    this.#parts = parts
    this.#since = parts.now()
    this.#frozen = parts.subPath === undefined ? undefined : new Map(volume.files())
    this.#seen = this.#frozen ?? volume.files()
  }

  #files(): ReadonlyMap<string, string> {
    if (this.#frozen) return this.#frozen
    const files = this.#volume.files()
    const same = files.size === this.#seen.size && [...files].every(([path, content]) => this.#seen.get(path) === content)
    if (!same) this.#since = this.#parts.now()
    this.#seen = files
    return files
  }

  get #stamp(): string {
    const time = new Date(this.#since).toISOString().replaceAll(/[-T:]/g, '_')
    return `..${time.slice(0, 19)}.${time.slice(20, 23)}${String((this.#since * 7919) % 1_000_000).padStart(6, '0')}`
  }

  /** What is at a path below the mount; '' is the mount itself. */
  entry(inside: string): Entry | undefined {
    const files = this.#files()
    const modified = this.#since
    if (this.#frozen) return this.#real(files, inside, modified)
    const [first = '', ...rest] = inside.split('/')
    if (inside === '') return { kind: 'directory', mode: 0o777, modified, ...this.#group }
    if (inside === '..data') return { kind: 'link', target: this.#stamp, modified }
    if (stamped.test(first)) return this.#real(files, rest.join('/'), modified)
    if (rest.length > 0 || !tops(files).has(first)) return undefined
    return { kind: 'link', target: `..data/${first}`, modified }
  }

  #real(files: ReadonlyMap<string, string>, path: string, modified: number): Entry | undefined {
    const content = files.get(path)
    const mode = this.#volume.mode ?? 0o644
    // A volume with a group can be read by it (pkg/volume/volume_linux.go).
    if (content !== undefined)
      return { kind: 'file', content, mode: this.#parts.gid === undefined ? mode : mode | 0o440, modified, ...this.#group }
    const prefix = path === '' ? '' : `${path}/`
    return path === '' || [...files.keys()].some((name) => name.startsWith(prefix))
      ? { kind: 'directory', mode: 0o755, modified, ...this.#group }
      : undefined
  }

  get #group(): { readonly gid?: number } {
    return this.#parts.gid === undefined ? {} : { gid: this.#parts.gid }
  }

  names(inside: string): readonly string[] {
    const files = this.#files()
    if (inside === '' && !this.#frozen) return [this.#stamp, '..data', ...tops(files)]
    const path = this.#frozen ? inside : inside.split('/').slice(1).join('/')
    const prefix = path === '' ? '' : `${path}/`
    const below = [...files.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length).split('/')[0] ?? '')
    return [...new Set(below)]
  }
}

const tops = (files: ReadonlyMap<string, string>) => new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''))
