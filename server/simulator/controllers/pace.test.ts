import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Pace } from './pace.ts'

it('lets others have their turn though a loop never runs out of work', async () => {
  const clock = {
    now: () => Date.now(),
    after: (millis: number, then: () => void) => {
      void setTimeout(millis).then(then)
      return () => undefined
    },
  }
  const pace = new Pace(clock)
  let rounds = 0
  let stopped = false
  const work = () => {
    rounds++
    if (!stopped) pace.soon(work)
  }
  pace.soon(work)
  // Without turns for others this would never come back.
  await setTimeout(1)
  stopped = true
  expect(rounds).toBeGreaterThan(10)
})
