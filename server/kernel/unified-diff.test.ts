import { describe, expect, it } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

const numbers = (to: number) => Array.from({ length: to }, (_, index) => String(index + 1))

describe('a difference by lines', () => {
  it('is nothing where there is none', () => {
    expect(unifiedDiff(numbers(9), numbers(9), 3)).toBe('')
  })

  it('shows what is around it, and where it stands', () => {
    const after = numbers(9).flatMap((line) => (line === '5' ? ['five', 'fünf'] : [line]))
    expect(unifiedDiff(numbers(9), after, 3)).toBe('@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+fünf\n 6\n 7\n 8\n')
  })

  it('has a part for each that is far from others', () => {
    const after = numbers(20).map((line) => (line === '2' || line === '19' ? 'x' : line))
    expect(unifiedDiff(numbers(20), after, 1)).toBe('@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n@@ -18,3 +18,3 @@\n 18\n-19\n+x\n 20\n')
  })

  it('says after which line something stands that was not there', () => {
    expect(unifiedDiff([], ['a'], 3)).toBe('@@ -0,0 +1 @@\n+a\n')
  })

  it('finds its way in long texts full of the same lines', () => {
    const long = Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? `line ${index}` : '}'))
    const after = long.toSpliced(150, 1, 'changed')
    expect(unifiedDiff(long, after, 1)).toBe('@@ -150,3 +150,3 @@\n }\n-line 150\n+changed\n }\n')
  })
})
