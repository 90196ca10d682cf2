import type { Layer } from '../shell/files.ts'

/** The files of writable volumes, by key: they outlive the containers that mount them. */
export class VolumeStore {
  readonly #layers = new Map<string, Layer>()

  files(key: string): Layer {
    const layer = this.#layers.get(key) ?? new Map()
    this.#layers.set(key, layer)
    return layer
  }
}
