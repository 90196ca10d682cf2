import { describe, expect, it } from 'vitest'
import type { ScreenChange } from '../net/screen-source.ts'
import { RecordedScreen } from './recorded-screen.ts'

/** What a screen would show that keeps everything it is sent. */
function screenOf(source: RecordedScreen): { text: () => string; changes: ScreenChange[] } {
  const changes: ScreenChange[] = []
  source.subscribe((change) => changes.push(change))
  const text = (): string =>
    changes
      .slice(changes.findLastIndex(({ kind }) => kind === 'reset') + 1)
      .reduce((all, change) => all + (change.kind === 'write' ? change.data : ''), '')
  return { text, changes }
}

describe('a recorded screen', () => {
  const output: [number, string][] = [
    [100, 'a'],
    [200, 'b'],
    [300, 'c'],
  ]

  it('has what was written until the time', () => {
    const source = new RecordedScreen(output)
    const screen = screenOf(source)
    source.seek(250)
    expect(screen.text()).toBe('ab')
  })

  it('only adds when time goes on', () => {
    const source = new RecordedScreen(output)
    const { changes } = screenOf(source)
    source.seek(100)
    source.seek(350)
    expect(changes.map((change) => (change.kind === 'write' ? change.data : change.kind))).toEqual(['a', 'bc'])
  })

  it('begins again when time goes back', () => {
    const source = new RecordedScreen(output)
    const screen = screenOf(source)
    source.seek(350)
    source.seek(150)
    expect(screen.text()).toBe('a')
  })

  it('is replayed output: questions in it are not answered', () => {
    const source = new RecordedScreen(output)
    const { changes } = screenOf(source)
    source.seek(100)
    expect(changes).toEqual([{ kind: 'write', data: 'a', replayed: true }])
  })
})
