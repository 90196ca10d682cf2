/** What is wrong with a cron schedule, in robfig/cron's words. https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format */

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fieldBounds: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
]
const descriptors = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/

/** @returns undefined when the schedule can be read */
export function scheduleComplaint(text: string): string | undefined {
  // A zone may be told first; whether it may here is for others to say.
  const schedule = text.replace(/^(CRON_)?TZ=\S+ +/, '')
  if (schedule.startsWith('@every ')) {
    const duration = schedule.slice('@every '.length)
    const complaint = durationComplaint(duration)
    return complaint && `failed to parse duration ${schedule}: ${complaint}`
  }
  if (schedule.startsWith('@')) return descriptors.test(schedule) ? undefined : `unrecognized descriptor: ${schedule}`
  const fields = schedule.trim().split(/\s+/)
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  for (const [index, bounds] of fieldBounds.entries()) {
    for (const part of (fields[index] ?? '').split(',').filter((one) => one !== '')) {
      const complaint = rangeComplaint(part, bounds)
      if (complaint !== undefined) return complaint
    }
  }
  return undefined
}

/** `3`, `*`, `1-5`, `1-5/2` or names. */
function rangeComplaint(text: string, { min, max, names }: Bounds): string | undefined {
  const steps = text.split('/')
  const ends = (steps[0] ?? '').split('-')
  const whole = ends[0] === '*' || ends[0] === '?'
  if (!whole && ends.length > 2) return `too many hyphens: ${text}`
  const read = (word: string): number | string => {
    const named = names.indexOf(word.toLowerCase())
    return named >= 0 ? named + min : intOf(word)
  }
  const start = whole ? min : read(ends[0] ?? '')
  if (typeof start === 'string') return start
  const last = whole ? max : ends[1] === undefined ? start : read(ends[1])
  if (typeof last === 'string') return last
  if (steps.length > 2) return `too many slashes: ${text}`
  const step = steps[1] === undefined ? 1 : intOf(steps[1])
  if (typeof step === 'string') return step
  const end = steps.length === 2 && ends.length === 1 ? max : last
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${text}`
  if (end > max) return `end of range (${end}) above maximum (${max}): ${text}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`
  return step === 0 ? `step of range should be a positive number: ${text}` : undefined
}

function intOf(word: string): number | string {
  if (!/^[+-]?\d+$/.test(word)) return `failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`
  const value = Number(word)
  return value < 0 ? `negative number (${value}) not allowed: ${word}` : value
}

/** As Go's `time.ParseDuration` complains. */
function durationComplaint(text: string): string | undefined {
  const shown = JSON.stringify(text)
  if (/^[+-]?((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(text) || /^[+-]?0$/.test(text)) return undefined
  const rest = text.replace(/^[+-]/, '').replace(/^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)(?![a-z]))+/, '')
  const [, unit] = /^\d*\.?\d*([^\d.]*)/.exec(rest) ?? []
  if (!/^\.?\d/.test(rest)) return `time: invalid duration ${shown}`
  return unit ? `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}` : `time: missing unit in duration ${shown}`
}
