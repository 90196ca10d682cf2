import { describe, expect, it } from 'vitest'
import { Disk, FileTree, layerOf } from './files.ts'
import type { Layer } from './files.ts'

function tree(disk: Disk, volume: Layer = new Map()) {
  return new FileTree({
    now: () => 0,
    image: layerOf([['/etc/motd', 'hello']], 0),
    mounts: [{ path: '/data', readOnly: false, volume: { kind: 'shared', key: 'v', medium: 'disk' } }],
    disk,
    volume: () => volume,
    generated: () => undefined,
    generatedNames: () => [],
  })
}

describe('what containers write', () => {
  it('is counted until it is removed, or its container or its volume is gone', () => {
    const disk = new Disk()
    const volume: Layer = new Map()
    const files = tree(disk, volume)
    files.write('/etc/motd', 'hello, world')
    files.write('/data/a', 'x'.repeat(1000))
    const both = disk.used
    expect(both).toBeGreaterThan(1012)
    files.write('/data/b', 'y'.repeat(500))
    files.remove('/data/b')
    expect(disk.used).toBe(both)
    files.release()
    expect(disk.used).toBeGreaterThan(999)
    expect(tree(disk, volume).read('/data/a')).toHaveLength(1000)
    disk.free(volume)
    expect(disk.used).toBe(0)
  })

  it('may fill a volume, however many containers write to it, and no more', () => {
    const disk = new Disk()
    const volume: Layer = new Map()
    const fill = (name: string) => tree(disk, volume).write(`/data/${name}`, 'x'.repeat(10_000_000))
    for (const name of ['a', 'b', 'c']) fill(name)
    expect(() => fill('d')).toThrow('No space left on device')
    tree(disk, volume).remove('/data/a')
    fill('d')
  })

  it('may fill the disk of a cluster, and no more', () => {
    const disk = new Disk()
    const trees = Array.from({ length: 9 }, () => tree(disk))
    const full = () => {
      for (const each of trees) each.write('/big', 'x'.repeat(30_000_000))
    }
    expect(full).toThrow('No space left on device')
    for (const each of trees) each.release()
    expect(disk.used).toBe(0)
  })
})
