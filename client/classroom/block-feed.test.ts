import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BlockId } from '../../server/kernel/ids.ts'
import type { ClientMessage } from '../../server/protocol/client-message.ts'
import { BlockFeeds } from './block-feed.ts'

describe('what a page looks at in its slides', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is kept for a moment, for the step that shows it again', () => {
    const { feeds, sent } = page()
    feeds.watch(block(1)).stop()
    feeds.watch(block(1))
    vi.advanceTimersByTime(60_000)
    expect(sent).toEqual(['block.watch b1'])
  })

  it('is no more than the server allows, however fast somebody leafs through the slides', () => {
    const { feeds, watched } = page()
    for (let number = 1; number <= 30; number++) {
      feeds.watch(block(number)).stop()
      expect(watched().length).toBeLessThanOrEqual(4)
    }
    expect(watched()).toContain('b30')
    vi.advanceTimersByTime(60_000)
    expect(watched()).toEqual([])
  })
})

const block = (number: number): BlockId => BlockId.parse(`b${number}`)

function page() {
  const sent: string[] = []
  const looked = new Set<string>()
  const feeds = new BlockFeeds((message: ClientMessage) => {
    if (message.type === 'block.watch') looked.add(message.block)
    if (message.type === 'block.unwatch') looked.delete(message.block)
    sent.push(`${message.type} ${'block' in message ? message.block : ''}`)
    return true
  })
  return { feeds, sent, watched: () => [...looked] }
}
