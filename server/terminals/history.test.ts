import { describe, expect, it } from 'vitest'
import { History } from './history.ts'
import { Viewer, type ViewerSink } from './viewer.ts'

describe('a terminal’s history', () => {
  it('is read by absolute offset, across chunks', () => {
    const history = historyOf('hello ', 'wide ', 'world')
    expect(history.read(3, 100)).toBe('lo wide world')
    expect(history.read(6, 4)).toBe('wide')
    expect(history.read(history.end, 100)).toBe('')
  })

  it('counts in UTF-16 code units, as xterm and JSON strings do', () => {
    expect(historyOf('🙂é').end).toBe(3)
  })

  it('forgets the oldest lines when it is full, and begins with a whole line', () => {
    const history = new History(1000)
    for (let line = 0; line < 100; line++) history.append(`line ${String(line).padStart(3, '0')} ........\r\n`)
    expect(history.end - history.start).toBeLessThanOrEqual(1000)
    expect(history.end).toBe(100 * 19)
    expect(history.read(history.start, 8)).toMatch(/^line \d\d\d$/)
  })
})

describe('a viewer', () => {
  it('gets what history has, marked as replayed, and then what comes', () => {
    const history = historyOf('before')
    const { sink, seen } = recorder()
    const viewer = new Viewer(history, 0, sink)
    history.append('after')
    viewer.pump()
    expect(seen).toEqual(['0 before (replayed)', '6 after'])
  })

  it('goes on from the offset it has, with nothing lost or doubled', () => {
    const { sink, seen } = recorder()
    new Viewer(historyOf('before', 'after'), 6, sink).pump()
    expect(seen).toEqual(['6 after (replayed)'])
  })

  it('is sent no more than its window until it acknowledges', () => {
    const history = historyOf('x'.repeat(25))
    const { sink, seen } = recorder()
    const viewer = new Viewer(history, 0, sink, 10)
    viewer.pump()
    expect(viewer.behind).toBe(true)
    const sent = seen.length
    history.append('more')
    viewer.pump()
    expect(seen).toHaveLength(sent)
    viewer.acknowledge(25)
    expect(seen.at(-1)).toBe('25 more')
    expect(viewer.behind).toBe(false)
  })

  it('is reset when what it would need is gone', () => {
    const history = new History(100)
    const { sink, seen } = recorder()
    const viewer = new Viewer(history, 0, sink, 10)
    history.append('first\n'.repeat(4))
    viewer.pump()
    history.append('later\n'.repeat(40))
    viewer.acknowledge(24)
    expect(seen[1]).toBe(`reset ${history.start}`)
    expect(seen[2]).toContain(`${history.start} later`)
  })

  it('that claims an offset from the future begins again', () => {
    const { sink, seen } = recorder()
    new Viewer(historyOf('abc'), 500, sink).pump()
    expect(seen).toEqual(['reset 0', '0 abc (replayed)'])
  })

  it('cannot acknowledge what it was not sent', () => {
    const history = historyOf('x'.repeat(30))
    const { sink } = recorder()
    const viewer = new Viewer(history, 0, sink, 10)
    viewer.acknowledge(1_000_000)
    history.append('y'.repeat(30))
    viewer.pump()
    expect(viewer.behind).toBe(true)
  })
})

function historyOf(...chunks: string[]): History {
  const history = new History()
  for (const chunk of chunks) history.append(chunk)
  return history
}

function recorder(): { sink: ViewerSink; seen: string[] } {
  const seen: string[] = []
  return {
    seen,
    sink: {
      output: (offset, data, replayed) => seen.push(`${offset} ${data}${replayed ? ' (replayed)' : ''}`),
      reset: (offset) => seen.push(`reset ${offset}`),
    },
  }
}
