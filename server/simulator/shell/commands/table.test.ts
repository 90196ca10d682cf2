import { describe, expect, it } from 'vitest'
import { run } from '../shell.test-support.ts'

describe('every program that an image lists', () => {
  const where = [
    ['busybox:1.36', '/bin'],
    ['alpine:3.22', '/bin /usr/bin'],
    ['debian:12', '/bin /usr/bin'],
  ] as const
  it.each(where)('%s has and can run', async (image, folders) => {
    const script = `for p in $(ls ${folders} | grep -v :); do command -v $p > /dev/null || echo $p; done`
    const { out } = await run(script, { image, millis: 60_000 })
    expect(out).toBe('')
    const unrunnable = await run(
      `for p in $(ls ${folders} | grep -v :); do timeout 1 $p --nothing < /dev/null 2>&1 | grep "E[L]F" && echo $p; done`,
      { image, millis: 600_000 },
    )
    expect(unrunnable.out).toBe('')
  })
})
