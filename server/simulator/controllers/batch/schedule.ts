import { Cron } from 'croner'

/** When a CronJob runs. */
export interface Schedule {
  /** The first time after `millis`; undefined when it never comes. */
  next(millis: number): number | undefined
}

const everyUnits: { readonly [unit: string]: number } = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/**
 * A schedule as robfig/cron reads it: five fields, `@daily` and the like, `@every 90m`.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 * @returns undefined when it cannot be read
 */
export function parseSchedule(text: string, timeZone: string | undefined): Schedule | undefined {
  const every = /^@every\s+(\S+)$/.exec(text)
  if (every) return constantDelay(every[1] ?? '')
  try {
    // A question mark stands for any value, as a star does.
    const cron = new Cron(text.replaceAll('?', '*'), { mode: '5-part', timezone: timeZone ?? 'Etc/UTC' })
    return { next: (millis) => cron.nextRun(new Date(millis))?.getTime() }
  } catch {
    return undefined
  }
}

function constantDelay(duration: string): Schedule | undefined {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  if (parts.map((part) => part[0]).join('') !== duration) return undefined
  const millis = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (everyUnits[unit ?? ''] ?? 0), 0)
  const delay = Math.max(Math.floor(millis / 1000) * 1000, 1000)
  return { next: (after) => Math.floor(after / 1000) * 1000 + delay }
}
