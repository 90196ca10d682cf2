import { describe, expect, it } from 'vitest'
import { seriesOf } from './remote-write.ts'

describe('samples of the past', () => {
  const page = (millis: number, value: string) => ({
    millis,
    labels: { job: 'cadvisor', instance: 'node' },
    text: `# HELP used Bytes\n# TYPE used gauge\nused{pod="a",job="theirs",empty=""} ${value}\nused{pod="b \\"c\\"\\n\\\\"} 2\n`,
  })

  it('are a series for each set of labels, which are the page’s and the scrape’s, sorted', () => {
    const series = seriesOf([page(1000, '1.5e+06'), page(2000, '+Inf')])
    expect(series).toEqual([
      {
        labels: [
          ['__name__', 'used'],
          ['exported_job', 'theirs'],
          ['instance', 'node'],
          ['job', 'cadvisor'],
          ['pod', 'a'],
        ],
        samples: [
          { millis: 1000, value: 1_500_000 },
          { millis: 2000, value: Infinity },
        ],
      },
      {
        labels: [
          ['__name__', 'used'],
          ['instance', 'node'],
          ['job', 'cadvisor'],
          ['pod', 'b "c"\n\\'],
        ],
        samples: [
          { millis: 1000, value: 2 },
          { millis: 2000, value: 2 },
        ],
      },
    ])
  })
})
