import { describe, expect, it } from 'vitest'
import { namesOf, spreadLabels } from './labels.ts'

describe('the names of series', () => {
  it('are the one label that tells them apart', () => {
    const series = [
      { pod: 'web-1', namespace: 'shop', job: 'kubelet' },
      { pod: 'web-2', namespace: 'shop', job: 'kubelet' },
    ]
    expect(namesOf(series, 'q')).toEqual(['web-1', 'web-2'])
  })

  it('take a second label when one is not enough', () => {
    const series = [
      { pod: 'web', container: 'app' },
      { pod: 'web', container: 'proxy' },
      { pod: 'api', container: 'app' },
    ]
    expect(namesOf(series, 'q')).toEqual(['web · app', 'web · proxy', 'api · app'])
  })

  it('name a single series by what it is about', () => {
    expect(namesOf([{ __name__: 'up', instance: 'a:80', pod: 'web-1' }], 'up')).toEqual(['web-1'])
    expect(namesOf([{}], 'sum(up)')).toEqual(['sum(up)'])
  })
})

describe('labels at line ends', () => {
  it('stay where they are when there is room', () => {
    expect(spreadLabels([10, 60, 200], 30, 300)).toEqual([10, 60, 200])
  })

  it('move apart in their order', () => {
    expect(spreadLabels([102, 100, 101], 30, 300)).toEqual([160, 100, 130])
  })

  it('move up when the lowest would leave the plot', () => {
    expect(spreadLabels([295, 298], 30, 300)).toEqual([270, 300])
  })
})
