import { describe, expect, it } from 'vitest'
import type { TopologyItem } from '../../server/protocol/live-block.ts'
import { layOut, shortened } from './layout.ts'

describe('the drawing of a cluster', () => {
  it('puts kinds into columns, as a request goes through them', () => {
    const drawn = layOut([item('node', 'n'), item('pod', 'p'), item('service', 's')], [], 1600)
    expect(drawn?.columns.map(({ kind }) => kind)).toEqual(['service', 'pod', 'node'])
  })

  it('puts an object in the row of what leads to it', () => {
    const items = [item('service', 'a'), item('service', 'b'), item('pod', 'of-b'), item('pod', 'of-a')]
    const drawn = layOut(
      items,
      [
        { from: 'a', to: 'of-a' },
        { from: 'b', to: 'of-b' },
      ],
      1600,
    )
    const y = (id: string) => drawn?.cards.find((card) => card.item.id === id)?.y
    expect(y('of-a')).toBe(y('a'))
    expect(y('of-b')).toBe(y('b'))
  })

  it('never draws outside its width, nor one card over another', () => {
    const kinds = ['service', 'workload', 'pod', 'volume', 'node'] as const
    const items = kinds.flatMap((kind) => Array.from({ length: 8 }, (_, index) => item(kind, `${kind}-${index}`)))
    const drawn = layOut(items, [], 1696)
    expect(drawn?.width).toBeLessThanOrEqual(1696)
    const boxes = drawn?.cards.map(({ x, y }) => `${x}/${y}`) ?? []
    expect(new Set(boxes).size).toBe(items.length)
  })

  it('is a list where there is no room for cards', () => {
    expect(layOut([item('service', 'a'), item('workload', 'b'), item('pod', 'c')], [], 600)).toBeUndefined()
  })

  it('keeps both ends of a long name', () => {
    expect(shortened('frontend-7d9c5b6f4-x2x9z', 16)).toBe('frontend-…-x2x9z')
    expect(shortened('web', 16)).toBe('web')
  })
})

function item(kind: TopologyItem['kind'], id: string): TopologyItem {
  return { id, kind, name: id, health: 'ok', word: 'Running' }
}
