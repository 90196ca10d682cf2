import { describe, expect, it } from 'vitest'
import { BlockId } from '../kernel/ids.ts'
import type { CommandBlock, QueryBlock } from '../protocol/deck.ts'
import type { ChartState } from '../protocol/server-message.ts'
import { Recorder } from './recorder.ts'

describe('what is kept of a rehearsal', () => {
  it('is each command with its output and exit status', () => {
    const recorder = new Recorder()
    recorder.ran(block('ls', 'false'), { exits: [0, 1], output: 'a\nno', said: ['a', 'no'], left: false })
    expect(recorder.recordings().runs).toEqual({
      b1: {
        commands: [
          { text: 'ls', output: 'a', exit: 0 },
          { text: 'false', output: 'no', exit: 1 },
        ],
      },
    })
  })

  it('is one output where the shell did not tell its commands apart', () => {
    const recorder = new Recorder()
    recorder.ran(block('sh', 'ls'), { exits: [0], output: 'all of it', said: ['all of it'], left: false })
    expect(recorder.recordings().runs).toEqual({ b1: { commands: [{ text: 'sh\nls', output: 'all of it' }] } })
  })

  it('is the last of what a command said that was repeated, and why it is not as the deck expects', () => {
    const recorder = new Recorder()
    recorder.ran(block('apply', 'get'), { exits: [0, 0], output: '', said: ['applied', 'Pending'], left: false })
    recorder.ranLast(block('apply', 'get'), { exits: [0], output: '', said: ['Running'], left: false })
    recorder.wrong('the output comes to match Ready')
    expect(recorder.recordings().runs).toMatchObject({
      b1: { commands: [{ output: 'applied' }, { output: 'Running' }], wrong: 'the output comes to match Ready' },
    })
  })

  it('has no exit status for a command that was left, and not all of an endless output', () => {
    const recorder = new Recorder()
    recorder.ran(block('logs -f'), { exits: [130], output: '', said: ['line\n'.repeat(1000)], left: true })
    const [command] = recorder.recordings().runs[BlockId.parse('b1')]?.commands ?? []
    expect(command).not.toHaveProperty('exit')
    expect(command?.output.split('\n').at(-1)).toBe('… and 700 more lines')
  })

  it('is a chart at its fullest, once all of the block’s queries have been heard of', () => {
    const recorder = new Recorder()
    recorder.chart(query('a', 'b'), 'a', data(3))
    expect(recorder.recordings().charts).toEqual({})
    recorder.chart(query('a', 'b'), 'b', { state: 'empty', why: 'There is none.' })
    recorder.chart(query('a', 'b'), 'a', { state: 'waiting', why: 'Prometheus is gone.' })
    recorder.chart(query('a', 'b'), 'a', data(2))
    expect(recorder.recordings().charts).toEqual({ b2: [data(3), { state: 'empty', why: 'There is none.' }] })
  })

  it('is a check as it was before the exercise was solved', () => {
    const recorder = new Recorder()
    const check = { kind: 'check' as const, id: BlockId.parse('b3'), title: 'It runs', conditions: [{ object: 'pods' }] }
    const before = recorder.check(check)
    before({ met: false, conditions: [{ met: false, say: 'No pod yet.' }] })
    recorder.check(check)({ met: true, conditions: [{ met: true, say: 'No pod yet.' }] })
    expect(recorder.recordings().live).toMatchObject({ b3: { check: { met: false } } })
  })
})

const block = (...commands: string[]): CommandBlock => ({
  kind: 'command',
  id: BlockId.parse('b1'),
  source: commands.join('\n'),
  commands: commands.map((text) => ({ text, effect: 'ends' })),
})

const query = (...queries: string[]): QueryBlock => ({ kind: 'query', id: BlockId.parse('b2'), queries, rangeSeconds: 60, stepSeconds: 15 })

const data = (points: number): ChartState => ({
  state: 'data',
  series: [{ labels: {}, times: Array.from({ length: points }, (_, at) => at), values: Array.from({ length: points }, () => 1) }],
  from: 0,
  to: 60,
})
