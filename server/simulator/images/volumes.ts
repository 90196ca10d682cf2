import { Disk, sizeOf, zerosIn } from '../shell/files.ts'
import type { Layer } from '../shell/files.ts'
import type { RuntimePast } from './past.ts'

/** The files of writable volumes, by key: they outlive the containers that mount them. */
export class VolumeStore {
  readonly disk: Disk
  readonly #layers = new Map<string, Layer>()

  /** @param past what volumes held in the cluster that this one was forked from @param wrote called at every write */
  constructor(past: RuntimePast['volumes'] = [], wrote: () => void = () => {}) {
    this.disk = new Disk(wrote)
    for (const [key, files] of past) {
      const layer: Layer = new Map(files)
      this.#layers.set(key, layer)
      this.disk.grow(layer, sizeOf(layer))
      this.disk.growZeros(layer, zerosIn(layer))
    }
  }

  past(): RuntimePast['volumes'] {
    return [...this.#layers].filter(([, layer]) => layer.size > 0).map(([key, layer]) => [key, [...layer]])
  }

  /** @param first what the volume holds when nobody has used it yet */
  files(key: string, first: () => Layer = () => new Map()): Layer {
    const layer = this.#layers.get(key) ?? first()
    this.#layers.set(key, layer)
    return layer
  }

  /** How many bytes a volume holds. */
  bytes(key: string): number {
    const layer = this.#layers.get(key)
    return layer ? this.disk.sizeOf(layer) : 0
  }

  /** Nobody can mount these any more: forgets the volumes whose keys begin so. */
  free(prefix: string): void {
    for (const [key, layer] of this.#layers) {
      if (!key.startsWith(prefix)) continue
      this.disk.free(layer)
      this.#layers.delete(key)
    }
  }
}
