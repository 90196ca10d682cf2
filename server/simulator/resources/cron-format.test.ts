import { describe, expect, it } from 'vitest'
import { scheduleComplaint } from './cron-format.ts'

describe('a cron schedule', () => {
  it('is good with stars, steps, lists, ranges, names and descriptors', () => {
    for (const good of ['* * * * *', '*/5 0-6 1,15 jan-mar MON', '@hourly', '@every 1h30m', '5/10 ? * * *'])
      expect(scheduleComplaint(good)).toBeUndefined()
  })

  it.each([
    ['soon', 'expected exactly 5 fields, found 1: [soon]'],
    ['99 * * * *', 'end of range (99) above maximum (59): 99'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@often', 'unrecognized descriptor: @often'],
  ])('is refused as %s', (bad, words) => {
    expect(scheduleComplaint(bad)).toBe(words)
  })
})
