import type { Mount } from '../kubelet/runtime.ts'
import { ProjectedView } from './projected.ts'

/** Whose it is; root's when nothing is said. */
interface Owned {
  readonly uid?: number
  readonly gid?: number
}

export type Entry = Owned &
  (
    | {
        readonly kind: 'file'
        readonly content: string
        /** How many zero bytes follow the content: what `dd` copies from /dev/zero takes no memory here. */
        readonly zeros?: number
        readonly mode: number
        readonly modified: number
      }
    | { readonly kind: 'directory'; readonly mode: number; readonly modified: number }
    | { readonly kind: 'link'; readonly target: string; readonly modified: number }
  )

export type Layer = Map<string, Entry>

/** What went wrong with a file, in the C library's words. */
export class FileError extends Error {}

/** What one container, or one volume, may hold. */
const mostOfLayer = 32_000_000
/** What all that one cluster's containers have written may come to: nobody's files eat the server's memory. */
const mostOfDisk = 256_000_000

/** Counts what the containers of one cluster have written. */
export class Disk {
  readonly #sizes = new Map<Layer, number>()
  readonly #zeros = new Map<Layer, number>()
  readonly #changed: () => void
  #used = 0

  /** @param changed called whenever somebody has written or freed something */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed
  }

  /** How many bytes are written and not freed. */
  get used(): number {
    return this.#used
  }

  /** @throws FileError when there is no room */
  grow(layer: Layer, bytes: number): void {
    const size = (this.#sizes.get(layer) ?? 0) + bytes
    if (bytes > 0 && (size > mostOfLayer || this.#used + bytes > mostOfDisk)) throw new FileError('No space left on device')
    this.#sizes.set(layer, size)
    this.#used += bytes
    this.#changed()
  }

  /** Counts zeros, which take no memory here. */
  growZeros(layer: Layer, bytes: number): void {
    this.#zeros.set(layer, (this.#zeros.get(layer) ?? 0) + bytes)
    this.#changed()
  }

  /** What programs believe to have written to it. */
  sizeOf(layer: Layer): number {
    return (this.#sizes.get(layer) ?? 0) + (this.#zeros.get(layer) ?? 0)
  }

  free(layer: Layer): void {
    this.#used -= this.#sizes.get(layer) ?? 0
    this.#sizes.delete(layer)
    this.#zeros.delete(layer)
    layer.clear()
    this.#changed()
  }
}

/** What an entry takes beside its content. */
const entrySize = 100

/** Absolute, without `.`, `..` and double slashes. */
export function normalise(path: string, cwd = '/'): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

export const parentOf = (path: string) => normalise(`${path}/..`)
export const baseOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** What was written over an image's files, as plain data. */
export interface FilesPast {
  readonly upper: readonly (readonly [string, Entry])[]
  readonly removed: readonly string[]
}

export interface FileTreeParts {
  readonly now: () => number
  /** What the image brings; shared, never written. */
  readonly image: ReadonlyMap<string, Entry>
  readonly mounts: readonly Mount[]
  readonly disk?: Disk
  /** The files of a shared volume. */
  readonly volume: (key: string) => Layer
  /** Files made on reading, e.g. under /proc. */
  readonly generated: (path: string) => string | undefined
  readonly generatedNames: (directory: string) => readonly string[]
  readonly readOnlyRoot?: boolean
  /** Whose programs these are: 0 may do everything. */
  readonly user?: { readonly uid: number; readonly gids: readonly number[] }
  /** The group that a pod's volumes belong to. */
  readonly fsGroup?: number
  /** What had been written before, in the cluster that this one was forked from. */
  readonly past?: FilesPast
  /** Where `/proc/PID/root` leads that is another container's. @throws FileError when it may not be seen */
  readonly rootOf?: (pid: string) => FileTree | undefined
  /** Links made on reading, e.g. `/proc/1/exe`. */
  readonly generatedLink?: (path: string) => string | undefined
  /** Called when this container has written to a volume that is memory. */
  readonly usedMemory?: () => void
}

/** A container's files: the image, a writable layer over it, volumes mounted into it, and what is made on reading. */
export class FileTree {
  readonly #parts: FileTreeParts
  readonly #upper: Layer = new Map()
  readonly #removed = new Set<string>()
  readonly #mounts: readonly Mount[]
  readonly #disk: Disk
  readonly #provided = new Map<string, Entry>()
  readonly #views = new Map<Mount, ProjectedView>()
  #inMemory = 0

  constructor(parts: FileTreeParts) {
    this.#parts = parts
    this.#disk = parts.disk ?? new Disk()
    this.#mounts = parts.mounts.toSorted((a, b) => b.path.length - a.path.length)
    for (const [path, entry] of parts.past?.upper ?? []) this.#upper.set(path, entry)
    for (const path of parts.past?.removed ?? []) this.#removed.add(path)
    this.#disk.grow(this.#upper, sizeOf(this.#upper))
    this.#disk.growZeros(this.#upper, zerosIn(this.#upper))
  }

  /** Whose programs see these files. */
  get uid(): number {
    return this.#parts.user?.uid ?? 0
  }

  get mounts(): readonly Mount[] {
    return this.#mounts
  }

  /** A file that no disk holds, such as a process substitution's. */
  provide(path: string, content: string): void {
    this.#provided.set(path, { kind: 'file', content, mode: 0o600, modified: this.#parts.now() })
  }

  /** Whether the container's user may read, write or execute (enter) what is at `path`. */
  allows(path: string, what: 'r' | 'w' | 'x'): boolean {
    const other = this.#elsewhere(path)
    if (other) return other.files.allows(other.path, what)
    const at = this.resolve(path)
    const entry = this.#lookup(at)
    if (!entry) return false
    if (what === 'w' && this.#readOnlyAt(at)) return false
    return this.#permits(entry, what)
  }

  /** What is at another container's root. */
  #elsewhere(path: string): { readonly files: FileTree; readonly path: string } | undefined {
    if (!path.startsWith('/proc/')) return undefined
    const [, pid, rest] = /^\/proc\/(\d+)\/root(?:\/(.*))?$/s.exec(normalise(path)) ?? []
    const files = pid === undefined ? undefined : this.#parts.rootOf?.(pid)
    return files && { files, path: `/${rest ?? ''}` }
  }

  #permits(entry: Entry, what: 'r' | 'w' | 'x'): boolean {
    const { user } = this.#parts
    const mode = entry.kind === 'link' ? 0o777 : entry.mode
    if (!user || user.uid === 0) return what !== 'x' || entry.kind === 'directory' || (mode & 0o111) !== 0
    const shift = (entry.uid ?? 0) === user.uid ? 6 : user.gids.includes(entry.gid ?? 0) ? 3 : 0
    return ((mode >> shift) & { r: 4, w: 2, x: 1 }[what]) !== 0
  }

  #readOnlyAt(path: string): boolean {
    const mount = this.#mountOf(path)
    return mount ? mount.volume.kind === 'projected' || mount.readOnly : (this.#parts.readOnlyRoot ?? false)
  }

  /** @throws FileError unless names may be made and removed in a directory */
  #mayChange(directory: string, what?: Entry): void {
    const entry = this.#lookup(directory)
    if (!entry) return
    const sticky = entry.kind === 'directory' && (entry.mode & 0o1000) !== 0
    const uid = this.#parts.user?.uid ?? 0
    if (!this.#permits(entry, 'w')) throw new FileError('Permission denied')
    if (what && sticky && uid !== 0 && (what.uid ?? 0) !== uid) throw new FileError('Operation not permitted')
  }

  /** Who makes a file owns it. */
  get #owner(): Owned {
    const { user } = this.#parts
    return user && (user.uid !== 0 || (user.gids[0] ?? 0) !== 0) ? { uid: user.uid, gid: user.gids[0] ?? 0 } : {}
  }

  /** What is at `path`, following links. */
  stat(path: string, followLast = true): Entry | undefined {
    const other = followLast || !path.endsWith('/root') ? this.#elsewhere(path) : undefined
    return other ? other.files.stat(other.path, followLast) : this.#lookup(this.resolve(path, followLast))
  }

  /** @throws FileError */
  read(path: string): string {
    const other = this.#elsewhere(path)
    if (other) return other.files.read(other.path)
    const entry = this.stat(path)
    if (!entry) throw new FileError('No such file or directory')
    if (entry.kind === 'directory') throw new FileError('Is a directory')
    if (!this.#permits(entry, 'r')) throw new FileError('Permission denied')
    return entry.kind === 'file' ? wholeOf(entry) : ''
  }

  /** @throws FileError */
  write(
    path: string,
    content: string,
    options: { readonly append?: boolean; readonly mode?: number; readonly modified?: number } = {},
  ): void {
    const other = this.#elsewhere(path)
    if (other) return other.files.write(other.path, content, options)
    const at = this.resolve(path)
    const old = this.#lookup(at)
    if (old?.kind === 'directory') throw new FileError('Is a directory')
    if (!old && this.#lookup(parentOf(at))?.kind !== 'directory') throw new FileError('No such file or directory')
    this.#place(at)
    if (old ? !this.#permits(old, 'w') : false) throw new FileError('Permission denied')
    if (!old) this.#mayChange(parentOf(at))
    const before = old?.kind === 'file' && options.append ? wholeOf(old) : ''
    const text = before + content
    this.#put(at, {
      kind: 'file',
      content: text,
      mode: options.mode ?? (old?.kind === 'file' ? old.mode : 0o644),
      modified: options.modified ?? this.#parts.now(),
      ...(old ? ownerOf(old) : this.#owner),
    })
  }

  /** Adds zero bytes to the end of a file that is there. @throws FileError */
  appendZeros(path: string, bytes: number): void {
    const at = this.resolve(path)
    const old = this.#lookup(at)
    if (old?.kind !== 'file') throw new FileError(old ? 'Is a directory' : 'No such file or directory')
    if (!this.#permits(old, 'w')) throw new FileError('Permission denied')
    this.#put(at, { ...old, zeros: (old.zeros ?? 0) + bytes, modified: this.#parts.now() })
  }

  /** @throws FileError */
  makeDirectory(path: string, parents = false, mode = 0o755): void {
    const other = this.#elsewhere(path)
    if (other) return other.files.makeDirectory(other.path, parents, mode)
    const at = this.resolve(path)
    const old = this.#lookup(at)
    if (old) {
      if (parents && old.kind === 'directory') return
      throw new FileError('File exists')
    }
    if (this.#lookup(parentOf(at))?.kind !== 'directory') {
      if (!parents) throw new FileError('No such file or directory')
      this.makeDirectory(parentOf(at), true)
    }
    this.#place(at)
    this.#mayChange(parentOf(at))
    this.#put(at, { kind: 'directory', mode, modified: this.#parts.now(), ...this.#owner })
  }

  /** @throws FileError */
  link(target: string, path: string): void {
    const at = this.resolve(path, false)
    if (this.#lookup(at)) throw new FileError('File exists')
    this.#place(at)
    this.#mayChange(parentOf(at))
    this.#put(at, { kind: 'link', target, modified: this.#parts.now(), ...this.#owner })
  }

  /** @throws FileError */
  changeMode(path: string, mode: number): void {
    const at = this.resolve(path)
    const entry = this.#lookup(at)
    if (!entry) throw new FileError('No such file or directory')
    this.#mine(entry)
    if (entry.kind !== 'link') this.#put(at, { ...entry, mode })
  }

  /** @throws FileError unless the user owns it */
  #mine(entry: Entry): void {
    const uid = this.#parts.user?.uid ?? 0
    if (uid !== 0 && (entry.uid ?? 0) !== uid) throw new FileError('Operation not permitted')
  }

  /** @throws FileError */
  changeOwner(path: string, uid: number | undefined, gid: number | undefined): void {
    const at = this.resolve(path)
    const entry = this.#lookup(at)
    if (!entry) throw new FileError('No such file or directory')
    if ((this.#parts.user?.uid ?? 0) !== 0) throw new FileError('Operation not permitted')
    this.#put(at, { ...entry, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) })
  }

  /** Sets when it was last changed. @throws FileError */
  touch(path: string, modified: number): void {
    const at = this.resolve(path)
    const entry = this.#lookup(at)
    if (!entry) throw new FileError('No such file or directory')
    if (!this.#permits(entry, 'w')) throw new FileError('Permission denied')
    this.#put(at, { ...entry, modified })
  }

  /** Removes a file, or a directory with everything in it. @throws FileError */
  remove(path: string): void {
    const other = this.#elsewhere(path)
    if (other) return other.files.remove(other.path)
    const at = this.resolve(path, false)
    const entry = this.#lookup(at)
    if (!entry) throw new FileError('No such file or directory')
    if (this.#mounts.some((mount) => mount.path === at)) throw new FileError('Resource busy')
    this.#place(at)
    this.#mayChange(parentOf(at), entry)
    if (entry.kind === 'directory') for (const name of this.list(at)) this.remove(`${at}/${name}`)
    const { layer, key } = this.#place(at)
    const own = layer.get(key)
    if (own) {
      this.#disk.grow(layer, -bytesOf(own))
      this.#disk.growZeros(layer, -zerosOf(own))
      if (this.#isMemory(at)) this.#inMemory = Math.max(this.#inMemory - bytesOf(own) - zerosOf(own), 0)
    }
    layer.delete(key)
    if (layer === this.#upper) this.#removed.add(at)
  }

  /** The names in a directory, sorted. @throws FileError */
  list(path: string): readonly string[] {
    const other = this.#elsewhere(path)
    if (other) return other.files.list(other.path)
    const at = this.resolve(path)
    const entry = this.#lookup(at)
    if (!entry) throw new FileError('No such file or directory')
    if (entry.kind !== 'directory') throw new FileError('Not a directory')
    if (!this.#permits(entry, 'r')) throw new FileError('Permission denied')
    const names = new Set<string>()
    const mount = this.#mountOf(at)
    if (mount) {
      const inside = this.#inVolume(mount, at)
      if (mount.volume.kind === 'projected') for (const name of this.#view(mount, mount.volume).names(inside)) names.add(name)
      else collect(names, this.#parts.volume(mount.volume.key).keys(), `/${inside}`)
    } else {
      for (const key of this.#parts.image.keys()) if (parentOf(key) === at && key !== '/' && !this.#removed.has(key)) names.add(baseOf(key))
      for (const key of this.#upper.keys()) if (parentOf(key) === at && key !== '/') names.add(baseOf(key))
      for (const name of this.#parts.generatedNames(at)) names.add(name)
    }
    const prefix = at === '/' ? '/' : `${at}/`
    for (const other of this.#mounts) {
      if (other.path.startsWith(prefix)) names.add(other.path.slice(prefix.length).split('/')[0] ?? '')
    }
    return [...names].toSorted()
  }

  /** An absolute path without links in it. @throws FileError */
  resolve(path: string, followLast = true, hops = 0): string {
    if (hops > 8) throw new FileError('Symbolic link loop')
    const parts = normalise(path).split('/').slice(1)
    let at = ''
    for (const [index, part] of parts.entries()) {
      at += `/${part}`
      if (index === parts.length - 1 && !followLast) break
      const entry = this.#lookup(at)
      if (entry?.kind === 'link') {
        const rest = parts.slice(index + 1).join('/')
        return this.resolve(`${normalise(entry.target, parentOf(at))}/${rest}`, followLast, hops + 1)
      }
    }
    return normalise(at)
  }

  #lookup(path: string): Entry | undefined {
    const mount = this.#mountOf(path)
    if (mount) return this.#lookupMounted(mount, path)
    const provided = this.#provided.get(path)
    if (provided) return provided
    const own = this.#upper.get(path) ?? (this.#removed.has(path) ? undefined : this.#parts.image.get(path))
    if (own) return own
    const generated = this.#parts.generated(path)
    if (generated !== undefined) return { kind: 'file', content: generated, mode: 0o444, modified: this.#parts.now() }
    const target = this.#parts.generatedLink?.(path)
    if (target !== undefined) return { kind: 'link', target, modified: this.#parts.now() }
    const prefix = path === '/' ? '/' : `${path}/`
    const implied =
      path === '/' || this.#mounts.some((other) => other.path.startsWith(prefix)) || this.#parts.generatedNames(path).length > 0
    return implied ? { kind: 'directory', mode: 0o755, modified: this.#parts.now() } : undefined
  }

  #lookupMounted(mount: Mount, path: string): Entry | undefined {
    const inside = this.#inVolume(mount, path)
    const modified = this.#parts.now()
    if (mount.volume.kind === 'shared') {
      const group = this.#parts.fsGroup === undefined ? {} : { gid: this.#parts.fsGroup }
      if (inside === '') return { kind: 'directory', mode: 0o777, modified, ...group }
      const layer = this.#parts.volume(mount.volume.key)
      const entry = layer.get(`/${inside}`)
      if (!entry && mount.subPath === inside) return { kind: 'directory', mode: 0o777, modified, ...group }
      return entry
    }
    return this.#view(mount, mount.volume).entry(inside)
  }

  #view(mount: Mount, volume: Extract<Mount['volume'], { kind: 'projected' }>): ProjectedView {
    const known =
      this.#views.get(mount) ?? new ProjectedView(volume, { now: this.#parts.now, gid: this.#parts.fsGroup, subPath: mount.subPath })
    this.#views.set(mount, known)
    return known
  }

  #mountOf(path: string): Mount | undefined {
    return this.#mounts.find((mount) => path === mount.path || path.startsWith(mount.path === '/' ? '/' : `${mount.path}/`))
  }

  #inVolume(mount: Mount, path: string): string {
    return normalise(`${mount.subPath ?? ''}/${path.slice(mount.path.length)}`).slice(1)
  }

  #place(path: string): { readonly layer: Layer; readonly key: string } {
    const mount = this.#mountOf(path)
    if (!mount) {
      if (this.#parts.readOnlyRoot) throw new FileError('Read-only file system')
      return { layer: this.#upper, key: path }
    }
    if (mount.volume.kind === 'projected' || mount.readOnly) throw new FileError('Read-only file system')
    return { layer: this.#parts.volume(mount.volume.key), key: `/${this.#inVolume(mount, path)}` }
  }

  #put(path: string, entry: Entry): void {
    const { layer, key } = this.#place(path)
    // What is written over an image's file is all new; what is written for the first time has a name too.
    const old = layer.get(key)
    const bytes = bytesOf(entry) - (old ? bytesOf(old) : 0)
    const zeros = zerosOf(entry) - (old ? zerosOf(old) : 0)
    const memory = this.#isMemory(path)
    const volume = this.#mountOf(path)?.volume
    const room = volume?.kind === 'shared' ? (volume.size ?? Infinity) : Infinity
    if (bytes + zeros > 0 && this.#disk.sizeOf(layer) + bytes + zeros > room) throw new FileError('No space left on device')
    this.#disk.grow(layer, bytes)
    if (zeros !== 0) this.#disk.growZeros(layer, zeros)
    layer.set(key, entry)
    if (layer === this.#upper) this.#removed.delete(path)
    if (!memory || bytes + zeros === 0) return
    this.#inMemory = Math.max(this.#inMemory + bytes + zeros, 0)
    this.#parts.usedMemory?.()
  }

  #isMemory(path: string): boolean {
    const volume = this.#mountOf(path)?.volume
    return volume?.kind === 'shared' && volume.medium === 'memory'
  }

  /** What a mounted volume holds, in bytes. */
  heldBy(mount: Mount): number {
    if (mount.volume.kind === 'shared') return this.#disk.sizeOf(this.#parts.volume(mount.volume.key))
    return [...mount.volume.files().values()].reduce((sum, text) => sum + text.length, 0)
  }

  /** What it has written to volumes that are memory: the kernel counts it with the container's own. */
  get inMemory(): number {
    return this.#inMemory
  }

  /** The files of a mounted folder as if it were the root, for `chroot`. @throws FileError */
  within(path: string): FileTree {
    const at = this.resolve(path)
    if (!this.#lookup(at)) throw new FileError('No such file or directory')
    if (!this.#mounts.some((mount) => mount.path === at)) throw new FileError('only mounted folders are simulated as roots')
    const mounts = this.#mounts.flatMap((mount) =>
      mount.path === at || mount.path.startsWith(`${at}/`) ? [{ ...mount, path: mount.path.slice(at.length) || '/' }] : [],
    )
    const { past: _, ...parts } = this.#parts
    return new FileTree({ ...parts, image: new Map(), mounts, disk: this.#disk })
  }

  /** What has been written so far, outside volumes. */
  past(): FilesPast {
    return { upper: [...this.#upper], removed: [...this.#removed] }
  }

  /** The container is gone, and what it wrote outside volumes with it. */
  release(): void {
    this.#disk.free(this.#upper)
  }

  /** How many bytes the container has written. */
  get written(): number {
    return this.#disk.sizeOf(this.#upper)
  }
}

const ownerOf = ({ uid, gid }: Entry): Owned => ({ ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) })

/** How many bytes a layer takes, counted as `Disk` counts. */
export function sizeOf(layer: Layer): number {
  return [...layer.values()].reduce((sum, entry) => sum + bytesOf(entry), 0)
}

/** How many zeros stand in a layer's files, beside what `sizeOf` counts. */
export function zerosIn(layer: Layer): number {
  return [...layer.values()].reduce((sum, entry) => sum + zerosOf(entry), 0)
}

const bytesOf = (entry: Entry): number => entrySize + (entry.kind === 'file' ? entry.content.length : 0)
const zerosOf = (entry: Entry): number => (entry.kind === 'file' ? (entry.zeros ?? 0) : 0)

/** A file's content with its zeros. @throws FileError when that is more than memory has room for */
function wholeOf(file: Extract<Entry, { kind: 'file' }>): string {
  if (!file.zeros) return file.content
  if (file.zeros > mostOfLayer) throw new FileError('Cannot allocate memory')
  return file.content + '\0'.repeat(file.zeros)
}

function collect(names: Set<string>, keys: Iterable<string>, directory: string): void {
  const prefix = directory === '' || directory === '/' ? directory : `${directory}/`
  for (const key of keys) {
    if (key.startsWith(prefix) && key.length > prefix.length) names.add(key.slice(prefix.length).split('/')[0] ?? '')
  }
}

/** An image's files as a layer, with every directory on the way made explicit. */
export function layerOf(files: Iterable<readonly [string, string | { readonly link: string }]>, modified: number): Layer {
  const layer: Layer = new Map()
  const directory = (path: string): void => {
    if (layer.has(path)) return
    layer.set(path, { kind: 'directory', mode: path === '/tmp' ? 0o1777 : 0o755, modified })
    if (path !== '/') directory(parentOf(path))
  }
  directory('/')
  for (const [path, content] of files) {
    if (path.endsWith('/')) {
      directory(normalise(path))
      continue
    }
    directory(parentOf(path))
    if (typeof content === 'object') layer.set(path, { kind: 'link', target: content.link, modified })
    else layer.set(path, { kind: 'file', content, mode: content.startsWith('#!') || path.includes('bin/') ? 0o755 : 0o644, modified })
  }
  return layer
}
